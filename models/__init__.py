"""What Rejoinder remembers: one file a group of tables, named selects in `queries`, migrations beside them.

Models are nouns. They know no web framework, no Redis and nothing of the service; a verb that changes
them lives in the room of `service` that owns the verb.

May enter: tables, their columns and what a row is. May not: a verb, a clock, anything of `service`.
"""

from models.account import ApiKey, AuditEntry, DeskSession, Membership, Moderator, SavedView, SignInLink
from models.address import AddressPurpose, AddressRecord, KeyCheck
from models.ban import Ban, BanKind
from models.chain import MarkKind, WriterChain, WriterMark
from models.classifier import ClassifierState, ClassifierVersion, TrainingSchedule
from models.comment import Comment, CommentRule, CommentVersion, ProofMethod, SearchEntry, Status
from models.database.base import Base
from models.database.ids import new_id, new_ids
from models.decision import (
    ALLOWED,
    Action,
    ActorKind,
    AsideKind,
    Decision,
    DecisionKey,
    EscalateTo,
    SetAside,
    StandingDecision,
)
from models.delivery import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    LinkKey,
    ProofLink,
    ReplyMail,
    SavedReply,
    WriterMessage,
)
from models.job import Job, JobKind, JobState
from models.outside_check import CheckKind, OutsideCheck
from models.policy import EntryKind, EntryState, ListFile, PolicyEntry, PolicyVersion, WrongFinding
from models.readers.complaint import Appeal, AppealOutcome, Report, ReportOutcome, ReportReason
from models.readers.login import LoginKey, LoginUse, LoginWriter
from models.readers.vote import Vote
from models.site import Ground, Mode, ReasonDetails, Site, SiteSettings, StrikeLadder, Terms, VoteKinds, WebsiteField
from models.submission import Receipt, SubmissionKey
from models.thread import DEEPEST, Ancestor, Place, Question, Thread, ThreadState

__all__ = [
    "ALLOWED",
    "DEEPEST",
    "Action",
    "ActorKind",
    "AddressPurpose",
    "AddressRecord",
    "Ancestor",
    "ApiKey",
    "Appeal",
    "AppealOutcome",
    "AsideKind",
    "AuditEntry",
    "Ban",
    "BanKind",
    "Base",
    "CheckKind",
    "ClassifierState",
    "ClassifierVersion",
    "Comment",
    "CommentRule",
    "CommentVersion",
    "Decision",
    "DecisionKey",
    "Delivery",
    "DeliveryKind",
    "DeliveryState",
    "DeskSession",
    "EntryKind",
    "EntryState",
    "EscalateTo",
    "Ground",
    "Job",
    "JobKind",
    "JobState",
    "KeyCheck",
    "LinkKey",
    "ListFile",
    "LoginKey",
    "LoginUse",
    "LoginWriter",
    "MarkKind",
    "Membership",
    "Mode",
    "Moderator",
    "OutsideCheck",
    "Place",
    "PolicyEntry",
    "PolicyVersion",
    "ProofLink",
    "ProofMethod",
    "Question",
    "ReasonDetails",
    "Receipt",
    "ReplyMail",
    "Report",
    "ReportOutcome",
    "ReportReason",
    "SavedReply",
    "SavedView",
    "SearchEntry",
    "SetAside",
    "SignInLink",
    "Site",
    "SiteSettings",
    "StandingDecision",
    "Status",
    "StrikeLadder",
    "SubmissionKey",
    "Terms",
    "Thread",
    "ThreadState",
    "TrainingSchedule",
    "Vote",
    "VoteKinds",
    "WebsiteField",
    "WriterChain",
    "WriterMark",
    "WriterMessage",
    "WrongFinding",
    "new_id",
    "new_ids",
]
