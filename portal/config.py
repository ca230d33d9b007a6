"""Settings, read once from the environment and never changed afterwards."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

MAIL_FROM = "portal@lanqiao.example"
REPOSITORY = Path(__file__).resolve().parent.parent


def shipped(name: str) -> Path:
    """Return the folder `templates` or `rules`: beside the package in a checkout, inside it in a wheel."""
    beside = REPOSITORY / name
    inside = Path(__file__).resolve().parent / "_shipped" / name
    return inside if inside.is_dir() else beside


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs between one installation and another."""

    instance: Path
    database_url: str
    secret_key: str
    base_url: str = "http://127.0.0.1:8000"
    trusted_hosts: tuple[str, ...] = ("127.0.0.1", "localhost")
    smtp_url: str = ""  # smtp://user:password@host:port, smtps:// or smtp+starttls://; empty: files in instance/mail
    mail_from: str = MAIL_FROM
    supplier_zone: str = "Asia/Shanghai"  # a protection or validity ends at the end of this zone's day
    demo: bool = False  # never from the environment: only a database that holds the demo world turns it on
    proxies: int = 0  # how many of our own proxies stand in front and say who the client is
    search: Path | None = None  # a folder for the search index, on a fast local disk; none: instance/search
    pdf_processes: int = 2
    log_level: str = "INFO"
    files_url: str = ""  # s3://bucket/prefix; empty: a folder of the instance
    s3_endpoint: str = ""  # of an S3-compatible store that is not AWS; keys and region are looked for by boto3
    support_mail: str = ""  # the address of the support; replies go to reply+…@ its domain
    mail_inbox: str = ""  # maildir:///folder, imap://user:password@host/folder, imaps://…; empty: no mail comes in

    @property
    def secure(self) -> bool:
        """Whether people reach the portal over TLS, so that cookies may insist on it."""
        return self.base_url.startswith("https://")

    @property
    def mail_folder(self) -> Path:
        """Where mail lies as readable files while no SMTP server is set."""
        return self.instance / "mail"

    @property
    def files_folder(self) -> Path:
        """Where the content of uploads lies."""
        return self.instance / "files"

    @property
    def search_folder(self) -> Path:
        """Where the search index lies; it may be removed at any time and comes back by itself."""
        return self.search or self.instance / "search"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read PORTAL_* variables; what is not set has a default that runs on one machine."""
        env = os.environ if environ is None else environ
        instance = Path(env.get("PORTAL_INSTANCE", REPOSITORY / "instance")).resolve()
        instance.mkdir(parents=True, exist_ok=True)
        base_url = env.get("PORTAL_BASE_URL", f"http://127.0.0.1:{env.get('PORT', '8000')}").rstrip("/")
        hosts = {"127.0.0.1", "localhost", urlsplit(base_url).hostname or "localhost"}
        hosts |= {host.strip() for host in env.get("PORTAL_TRUSTED_HOSTS", "").split(",") if host.strip()}
        return cls(
            instance=instance,
            database_url=env.get("PORTAL_DATABASE_URL") or f"sqlite:///{instance / 'portal.db'}",
            secret_key=env.get("PORTAL_SECRET_KEY") or _own_secret(instance / "secret.key"),
            base_url=base_url,
            trusted_hosts=tuple(sorted(hosts)),
            smtp_url=env.get("PORTAL_SMTP_URL", ""),
            mail_from=env.get("PORTAL_MAIL_FROM") or MAIL_FROM,
            supplier_zone=env.get("PORTAL_SUPPLIER_ZONE", "Asia/Shanghai"),
            proxies=int(env.get("PORTAL_PROXIES") or 0),
            search=Path(env["PORTAL_SEARCH"]).resolve() if env.get("PORTAL_SEARCH") else None,
            pdf_processes=max(1, int(env.get("PORTAL_PDF_PROCESSES", "0")) or min(4, os.cpu_count() or 1)),
            log_level=env.get("PORTAL_LOG_LEVEL", "INFO").upper(),
            files_url=env.get("PORTAL_FILES_URL", ""),
            s3_endpoint=env.get("PORTAL_S3_ENDPOINT", ""),
            support_mail=env.get("PORTAL_SUPPORT_MAIL", "").lower(),
            mail_inbox=env.get("PORTAL_MAIL_INBOX", ""),
        )


def _own_secret(path: Path) -> str:
    """Return the key kept at `path`, made on the first start and readable by its owner only."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text("ascii").strip()
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())
    return path.read_text("ascii").strip()
