"""What PostgreSQL's planner believes, where we choose between two ways to find the same."""

from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session


def expected_rows(session: Session, query: Select[*tuple[Any, ...]]) -> float:
    """How many rows the planner expects: from its statistics alone, nothing is read. PostgreSQL only."""
    connection = session.connection()
    compiled = query.compile(connection, compile_kwargs={"render_postcompile": True})
    plan: Any = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {compiled}", compiled.params).scalar_one()
    return float(plan[0]["Plan"]["Plan Rows"])
