"""All settings in one frozen object: environment, `.env`, secrets from files."""

import os
import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self, cast, get_args

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from nicu_dashboard.domain.errors import Told
from nicu_dashboard.domain.spells import DEFAULT_DEFINITION, DEFINITIONS
from nicu_dashboard.ports.people import Role

LogLevel = Literal["debug", "info", "warning", "error"]
LEAST_KEY = 32
_NO_NUMBER = {"int_parsing", "int_type", "int_from_float", "greater_than_equal", "less_than_equal"}
# HOST:PORT, an IPv6 address in brackets.
_PLACE = re.compile(r"([^\s:\[\]]+|\[[0-9a-fA-F:]+\]):[0-9]{1,5}")
DEFAULT_DATABASE_URL = "sqlite:///nicu.db"


class SettingsFault(Told):
    """A setting cannot be used; the message names it and what is expected, never a secret."""


class Settings(BaseSettings):
    """What an installation may set; every name is documented in docs/reference/settings.md."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, populate_by_name=True)

    database_url: Annotated[SecretStr, Field(alias="DATABASE_URL")] = SecretStr(DEFAULT_DATABASE_URL)
    database_url_file: Annotated[Path | None, Field(alias="DATABASE_URL_FILE")] = None
    db_pool_size: Annotated[int | None, Field(alias="DB_POOL_SIZE", ge=1, le=200)] = None
    db_connect_timeout: Annotated[int | None, Field(alias="DB_CONNECT_TIMEOUT", ge=100, le=120_000)] = None
    db_idle_timeout: Annotated[int | None, Field(alias="DB_IDLE_TIMEOUT", ge=1_000, le=3_600_000)] = None
    spool_dir: Annotated[Path, Field(alias="NICU_SPOOL_DIR")] = Path("nicu-spool")
    spool_mb: Annotated[int, Field(alias="NICU_SPOOL_MB", ge=0, le=1_000_000)] = 512
    host: Annotated[str, Field(alias="NICU_HOST")] = "127.0.0.1"
    port: Annotated[int, Field(alias="NICU_PORT", ge=0, le=65_535)] = 8_000
    unit: Annotated[str | None, Field(alias="NICU_UNIT", max_length=80)] = None
    engine_listen: Annotated[str, Field(alias="NICU_ENGINE_LISTEN")] = "127.0.0.1:0"
    engine_url: Annotated[str | None, Field(alias="NICU_ENGINE_URL")] = None
    allow_insecure_engine: Annotated[bool, Field(alias="NICU_ALLOW_INSECURE_ENGINE")] = False
    log_level: Annotated[LogLevel, Field(alias="NICU_LOG_LEVEL")] = "info"
    definition: Annotated[str, Field(alias="NICU_DEFINITION")] = DEFAULT_DEFINITION
    tls_cert: Annotated[Path | None, Field(alias="NICU_TLS_CERT")] = None
    tls_key: Annotated[Path | None, Field(alias="NICU_TLS_KEY")] = None
    trusted_proxies: Annotated[str, Field(alias="NICU_TRUSTED_PROXIES")] = ""
    trusted_hosts: Annotated[str, Field(alias="NICU_TRUSTED_HOSTS")] = ""
    security_contact: Annotated[
        str | None, Field(alias="NICU_SECURITY_CONTACT", pattern=r"^(mailto:|https://|tel:)[\x21-\x7e]+$")
    ] = None
    public_url: Annotated[str | None, Field(alias="NICU_PUBLIC_URL", pattern=r"^https?://[^/?#\s]+$")] = None
    oidc_issuer: Annotated[str | None, Field(alias="NICU_OIDC_ISSUER")] = None
    oidc_client_id: Annotated[str, Field(alias="NICU_OIDC_CLIENT_ID")] = "nicu-dashboard"
    oidc_client_secret: Annotated[SecretStr | None, Field(alias="NICU_OIDC_CLIENT_SECRET")] = None
    oidc_client_secret_file: Annotated[Path | None, Field(alias="NICU_OIDC_CLIENT_SECRET_FILE")] = None
    oidc_claim: Annotated[str, Field(alias="NICU_OIDC_CLAIM")] = "groups"
    oidc_roles: Annotated[str, Field(alias="NICU_OIDC_ROLES")] = ""
    oidc_units: Annotated[str, Field(alias="NICU_OIDC_UNITS")] = ""
    oidc_units_claim: Annotated[str | None, Field(alias="NICU_OIDC_UNITS_CLAIM")] = None
    secret_key: Annotated[SecretStr | None, Field(alias="NICU_SECRET_KEY")] = None
    secret_key_file: Annotated[Path | None, Field(alias="NICU_SECRET_KEY_FILE")] = None
    breached_passwords: Annotated[Path | None, Field(alias="NICU_BREACHED_PASSWORDS")] = None
    second_factor: Annotated[str | None, Field(alias="NICU_SECOND_FACTOR", max_length=200)] = None
    notify_command: Annotated[str | None, Field(alias="NICU_NOTIFY_COMMAND")] = None

    @model_validator(mode="after")
    def _whole_tls(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("NICU_TLS_CERT and NICU_TLS_KEY go together; set both or none")
        for proxy in self.proxies:
            try:
                ip_network(proxy, strict=False)
            except ValueError:
                raise ValueError("NICU_TRUSTED_PROXIES takes addresses or networks: 10.0.0.7,10.1.0.0/24") from None
        return self

    @model_validator(mode="after")
    def _known_definition(self) -> Self:
        if self.definition not in DEFINITIONS:
            raise ValueError(f"NICU_DEFINITION: use one of {', '.join(DEFINITIONS)}")
        return self

    @field_validator("second_factor")
    @classmethod
    def _factor(cls, given: str | None) -> str | None:
        roles = set() if given is None else {one.strip() for one in given.split(",")}
        if given in (None, "optional", "required") or roles <= set(get_args(Role)):
            return given
        raise ValueError(f"write optional, required, or roles with commas between: {', '.join(get_args(Role))}")

    @field_validator("engine_listen")
    @classmethod
    def _place(cls, place: str) -> str:
        if not _PLACE.fullmatch(place) or int(place.rpartition(":")[2]) > 65_535:
            raise ValueError("write HOST:PORT, for example 127.0.0.1:8001; port 0 takes any free one")
        return place

    @field_validator("engine_url")
    @classmethod
    def _url(cls, url: str | None) -> str | None:
        if url is not None and not re.fullmatch(r"https?://[^/\s@]+/?", url):
            raise ValueError("write https://HOST:PORT, the address at which web workers reach the engine")
        return url

    @property
    def engine_place(self) -> tuple[str, int]:
        """Return address and port of the engine's own door."""
        host, _, port = self.engine_listen.rpartition(":")
        return host.strip("[]"), int(port)

    @property
    def sign_on_roles(self) -> dict[str, Role]:
        """Return which group of the identity provider becomes which role, in order; raises SettingsFault."""
        found: dict[str, Role] = {}
        for pair in filter(None, (one.strip() for one in self.oidc_roles.split(","))):
            group, _, role = (part.strip() for part in pair.rpartition("="))
            if not group or role not in get_args(Role):
                raise SettingsFault(f"NICU_OIDC_ROLES takes GROUP=ROLE,…; roles are {', '.join(get_args(Role))}")
            found[group] = cast(Role, role)
        return found

    def must_prove(self, production: bool) -> frozenset[Role]:
        """Return the roles that need a second factor; in production administrators do unless it is said otherwise."""
        if self.second_factor is None:
            # Without a key no app can be set up, and who has no passkey either would stand before a closed door.
            return frozenset({"administrator"}) if production and self.key is not None else frozenset()
        if self.second_factor in ("optional", "required"):
            return frozenset(get_args(Role)) if self.second_factor == "required" else frozenset()
        return frozenset(cast(Role, one.strip()) for one in self.second_factor.split(","))

    @property
    def closed_door(self) -> str | None:
        """Return what keeps people from setting up the second factor that is asked of them, None for nothing."""
        if self.second_factor is None or not self.must_prove(True) or self.key is not None:
            return None
        return (
            "NICU_SECOND_FACTOR asks for second factors, and codes from an app need NICU_SECRET_KEY; without it only"
            " passkeys can be set up, over TLS or at localhost"
        )

    @property
    def sign_on_units(self) -> dict[str, str]:
        """Return which group of the identity provider sees which unit (its name or number, `*` for every one).

        Raises SettingsFault.
        """
        found: dict[str, str] = {}
        for pair in filter(None, (one.strip() for one in self.oidc_units.split(","))):
            group, _, unit = (part.strip() for part in pair.rpartition("="))
            if not group or not unit:
                raise SettingsFault("NICU_OIDC_UNITS takes GROUP=UNIT,…; a unit by name or number, * for every one")
            found[group] = unit
        return found

    @property
    def oidc_secret(self) -> str | None:
        """Return the secret of this client at the identity provider; raises SettingsFault."""
        return secret(self.oidc_client_secret, self.oidc_client_secret_file, "NICU_OIDC_CLIENT_SECRET_FILE")

    @property
    def hosts(self) -> frozenset[str]:
        """Return the names this server answers to, empty for any."""
        return frozenset(name.strip().lower() for name in self.trusted_hosts.split(",") if name.strip())

    @property
    def proxies(self) -> list[str]:
        """Return the addresses and networks of proxies that may say who asks."""
        return [one.strip() for one in self.trusted_proxies.split(",") if one.strip()]

    @property
    def store_url(self) -> str:
        """Return the database URL with its password; a file given by DATABASE_URL_FILE goes before."""
        return secret(self.database_url, self.database_url_file, "DATABASE_URL_FILE") or ""

    @property
    def key(self) -> bytes | None:
        """Return the installation's secret of 32 characters or more, None when none is set; raises SettingsFault."""
        given = secret(self.secret_key, self.secret_key_file, "NICU_SECRET_KEY_FILE")
        if given is None:
            return None
        if len(given) < LEAST_KEY:
            raise SettingsFault(
                f"NICU_SECRET_KEY has fewer than {LEAST_KEY} characters; make one: openssl rand -hex 32"
            )
        return given.encode()


def secret(given: SecretStr | None, file: Path | None, name: str) -> str | None:
    """Return a secret; a file goes before. Raises SettingsFault, naming the setting of the file."""
    if file is None:
        return None if given is None else given.get_secret_value()
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise SettingsFault(f"{name} cannot be read: {reason}") from None


def environment() -> dict[str, str]:
    """Return the environment with `.env` beneath it, for what a room of the program reads by name."""
    beneath = {name: value for name, value in dotenv_values(".env").items() if value is not None}
    return {**beneath, **os.environ}


def load() -> Settings:
    """Return the settings; raises SettingsFault naming the first setting that cannot be used."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        why = _number_wanted(name) if first["type"] in _NO_NUMBER else first["msg"].removeprefix("Value error, ")
        raise SettingsFault(f"{name}: {why}" if name else why) from None


def _number_wanted(name: str) -> str:
    """Return in words which numbers a setting takes and what to do."""
    (field,) = [field for field in Settings.model_fields.values() if field.alias == name]
    least = next((str(bound.ge) for bound in field.metadata if hasattr(bound, "ge")), None)
    most = next((str(bound.le) for bound in field.metadata if hasattr(bound, "le")), None)
    range_ = f" from {least} to {most}" if least and most else f" of at least {least}" if least else ""
    return f"a whole number{range_} is wanted; change it in the environment or .env"
