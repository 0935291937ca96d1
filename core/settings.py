"""Where things are and how much may be used: flags, then ASSAY_* variables, then assay.toml."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from core.errors import UsageError


@dataclass(frozen=True)
class Settings:
    """Everything that can be configured."""

    store: Path = Path("store")
    """Folder of the store."""
    host: str = "127.0.0.1"
    """Address the app listens on."""
    port: int = 8501
    """Port the app listens on."""
    memory: str = "1GB"
    """DuckDB's memory limit for imports and for the app."""
    threads: int = os.cpu_count() or 2
    """DuckDB's threads."""
    seed: int = 42
    """Seed of everything random."""
    log: str = ""
    """Address of the votes' log; empty is a SQLite file in the store."""

    @property
    def log_url(self) -> str:
        """Return where the votes' log is."""
        return self.log or f"sqlite:///{self.store.resolve() / 'votes.sqlite3'}"

    @property
    def log_head(self) -> Path:
        """Return the file outside the log that keeps where it ended."""
        return self.store / "votes-head.json"


def load_settings(
    flags: Mapping[str, object], environ: Mapping[str, str] | None = None
) -> Settings:
    """Merge flags > ASSAY_* > `assay.toml` in the store > defaults; raise UsageError by name."""
    environ = os.environ if environ is None else environ
    given = {k: v for k, v in flags.items() if v is not None}
    from_env = {
        f.name: environ[f"ASSAY_{f.name.upper()}"]
        for f in fields(Settings)
        if f"ASSAY_{f.name.upper()}" in environ
    }
    store = Path(str(given.get("store") or from_env.get("store") or Settings.store))
    merged: dict[str, object] = {**_read_toml(store / "assay.toml"), **from_env, **given}
    merged["store"] = store
    return Settings(**{f.name: _cast(f.name, merged) for f in fields(Settings)})  # type: ignore[arg-type]


def _read_toml(path: Path) -> dict[str, object]:
    if not path.is_file():
        return {}
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not valid TOML: {error}.") from error
    known = {f.name for f in fields(Settings)}
    return {k: v for k, v in data.items() if k in known}


def _cast(name: str, merged: Mapping[str, object]) -> object:
    default = getattr(Settings, name)
    value = merged.get(name, default)
    try:
        return type(default)(value) if not isinstance(default, Path) else Path(str(value))
    except (TypeError, ValueError) as error:
        raise UsageError(f"The setting {name} cannot be {value!r}.") from error
