"""The room's doors as one blueprint."""

from flask import Blueprint

from service.readers.vote_api import vote_api

blueprint = Blueprint("readers", __name__)
for door in (vote_api,):
    blueprint.register_blueprint(door)
