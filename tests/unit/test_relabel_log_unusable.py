"""A votes' log that cannot be used, and commits that break on the way to the disk."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.errors import LogError, LogUnsure, UsageError
from core.relabel.log import AlreadyThere, open_log
from tests.desks import Office, break_commit, office, terminate, write
from tests.postgres import Cluster


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:hunter2@h/d", "nothing", "", "postgresql+psycopg://u:hunter2@h:port/d",
        "postgresql+psycopg://u:hun@ter2@h:p@rt/d", "postgresql+nodriver://u:hunter2@h/d",
    ],
)  # fmt: skip
def test_an_address_of_neither_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(UsageError, match="neither") as refused:
        open_log(url)
    assert "ter2" not in str(refused.value)
    assert refused.value.__suppress_context__


@pytest.mark.parametrize("address", ["u:hunter2@127.0.0.1:1/d", "u@127.0.0.1:1/d?password=hunter2"])
def test_no_password_in_an_error(address: str) -> None:
    log = open_log(f"postgresql+psycopg://{address}")
    for step in (log.head, lambda: write(log, {})):
        with pytest.raises(LogError) as refused:
            step()
        assert "hunter2" not in str(refused.value)
        assert "127.0.0.1:1/d" in refused.value.message
    log.close()


def test_a_file_that_is_no_log_is_refused(tmp_path: Path) -> None:
    (tmp_path / "votes.sqlite3").write_text("this is no database " * 100)
    with office(f"sqlite:///{tmp_path}/votes.sqlite3") as at, pytest.raises(LogError):
        write(at.log(), {})
    assert (tmp_path / "votes.sqlite3").read_text().startswith("this is no database")


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with (
        office(f"sqlite:///{tmp_path}/none/votes.sqlite3") as at,
        pytest.raises(LogError, match="Nothing was saved"),
    ):
        write(at.log(), {})


def test_a_file_that_may_only_be_read(tmp_path: Path) -> None:
    with office(f"sqlite:///{tmp_path}/votes.sqlite3") as at:
        write(at.log(), {})
        running = at.log()
        assert running.head().seq == 1
        # As root a file's mode says nothing, so the database is told.
        for log in (running, at.log()):
            sa.event.listen(log._engine, "checkout", _read_only)
            assert log.head().seq == 1
            assert log.check() == []
            with pytest.raises(LogError, match="Nothing was saved"):
                write(log, {})
        assert at.log().head().seq == 1


def _read_only(connection: object, *rest: object) -> None:
    connection.execute("PRAGMA query_only = ON").close()  # type: ignore[attr-defined]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_a_file_of_somebody_else(tmp_path: Path) -> None:
    import tempfile

    folder = Path(tempfile.mkdtemp())
    try:
        folder.chmod(0o755)
        with office(f"sqlite:///{folder}/votes.sqlite3", folder / "votes.head") as at:
            write(at.log(), {})
            at.file.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
            os.seteuid(65534)
            try:
                with pytest.raises(LogError):
                    write(at.log(), {})
            finally:
                os.seteuid(0)
            assert at.log().head().seq == 1
            assert at.log().check() == []
    finally:
        shutil.rmtree(folder)


def test_a_full_disk_saves_nothing_and_says_so(tmp_path: Path) -> None:
    with office(f"sqlite:///{tmp_path}/votes.sqlite3", tmp_path / "votes.head") as at:
        log = at.log()
        write(log, {})
        most: list[int] = [20]
        sa.event.listen(log._engine, "checkout", lambda con, *rest: _limit(con, most[0]))
        said: list[str] = []
        with pytest.raises(LogError, match="full"):
            said.extend(write(log, {"text": "x" * 1000})[0] for _ in range(1000))
        assert said == [event.hash for event in at.log().after(1)]
        assert said
        with pytest.raises(LogError, match="full"):
            write(log, {"text": "x" * 5000})
        most[0] = 1 << 30
        write(log, {"text": "x" * 5000})
        assert log.head().seq == len(said) + 2
        assert log.check() == []


def _limit(connection: object, pages: int) -> None:
    connection.execute(f"PRAGMA max_page_count = {pages}").close()  # type: ignore[attr-defined]


# --- the commit itself -----------------------------------------------------------------------


@pytest.mark.parametrize("arrives", [True, False])
def test_a_commit_that_breaks_is_unsure_and_its_key_tells(at: Office, arrives: bool) -> None:
    log = at.log()
    write(log, {})
    break_commit(log, arrives)
    with pytest.raises(LogUnsure, match="while it was saving"), log.writing() as tx:
        tx.append("vote", "ann", {}, 1, "key")
    assert at.log().head().seq == (2 if arrives else 1)
    with log.writing() as tx:
        if arrives:
            with pytest.raises(AlreadyThere):
                tx.append("vote", "ann", {}, 1, "key")
        else:
            tx.append("vote", "ann", {}, 1, "key")
    assert log.head().seq == 2
    assert log.check() == []


def test_an_ended_connection_is_replaced(postgres: Cluster) -> None:
    with office(postgres.url()) as at:
        log = at.log()
        write(log, {})
        terminate(at.url)
        assert write(log, {})
        assert log.check() == []
        with pytest.raises(LogError, match="cannot be used"), log.writing() as tx:  # noqa: PT012
            tx.append("note", "ann", {})
            terminate(at.url)
            tx.append("note", "ann", {})
        assert log.head().seq == 2
        with pytest.raises(LogUnsure), log.writing() as tx:  # noqa: PT012
            tx.append("note", "ann", {})
            made, tx.finish = tx.finish, lambda: (made(), terminate(at.url))  # type: ignore
        assert write(log, {})
        assert log.head().seq == 3
        assert log.check() == []


def test_a_server_that_went_and_came_back(postgres: Cluster) -> None:
    with office(postgres.url()) as at:
        log = at.log()
        write(log, {})
        try:
            postgres.stop()
            for step in (log.head, lambda: write(log, {})):
                with pytest.raises(LogError, match="cannot be used"):
                    step()
        finally:
            postgres.start()
        assert write(log, {})
        assert log.head().seq == 2
        assert log.check() == []


def test_commits_wait_for_the_disk_whatever_the_default(postgres: Cluster) -> None:
    with postgres.connected() as con:
        con.execute("CREATE DATABASE lax")
        con.execute("ALTER DATABASE lax SET synchronous_commit = off")
        con.execute("ALTER DATABASE lax SET default_transaction_isolation = 'serializable'")
    with office(postgres.url("lax")) as at, at.log().writing() as tx:
        shown = [tx._con.exec_driver_sql(f"SHOW {name}").scalar() for name in SETTINGS]
        assert shown == ["on", "read committed", "1min", "30s"]


SETTINGS = (
    "synchronous_commit",
    "transaction_isolation",
    "idle_in_transaction_session_timeout",
    "lock_timeout",
)


def test_sqlite_syncs_every_commit(tmp_path: Path) -> None:
    with (
        office(f"sqlite:///{tmp_path}/votes.sqlite3") as at,
        at.log().writing() as tx,
    ):
        shown = [tx._con.exec_driver_sql(f"PRAGMA {name}").scalar() for name in PRAGMAS]
        assert shown == ["wal", 2]


PRAGMAS = ("journal_mode", "synchronous")
