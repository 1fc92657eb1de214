"""Makes checked Credentials from arguments or the environment. It sends nothing and reads no file.

Three rules keep a secret with the account and the host that it belongs to:

* secrets of the environment are used only with the environment's account;
* an argument takes precedence over the environment, and a key of one is never combined with a secret of the other;
* a region or an edge cannot name another host, and no error repeats a value that may be a secret.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn
from urllib.parse import SplitResult, urlsplit

from .._frozen import Value, lazy_dataclass
from .._secret import Secret
from ..errors import ConfigurationError, CredentialsError
from ..schema.sids import prefix_of

# Short enough that a token (32 hex digits) in the wrong place never becomes part of a host name.
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,22}[A-Za-z0-9])?")
_HOST = re.compile(r"[A-Za-z0-9.-]+|[0-9A-Fa-f:.]+")
# A host with a region and no edge stopped working in April 2026; these regions have exactly one edge.
_EDGES = {"au1": "sydney", "ie1": "dublin", "jp1": "tokyo"}
HOME = "us1"

_TOKEN = ("TWILIO_AUTH_TOKEN",)
_KEY = ("TWILIO_API_KEY", "TWILIO_API_KEY_SID")
_SECRET = ("TWILIO_API_SECRET", "TWILIO_API_KEY_SECRET")
_HOW_TO = (
    "pass auth_token=, or api_key= and api_secret=, or set TWILIO_AUTH_TOKEN, "
    "or TWILIO_API_KEY and TWILIO_API_SECRET, together with TWILIO_ACCOUNT_SID"
)


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Credentials(Value):
    """One account, its user name and password, and its host. Its repr hides the password, and it refuses to be pickled.

    :param account_sid: the account's SID, as it stands in paths.
    :param username: the account's SID, or that of an API key.
    :param password: the auth token, or the secret of the API key; a :class:`Secret`.
    :param base_url: scheme and host without a slash at the end, such as ``"https://api.twilio.com"``.
    :param region: where the data is stored.
    """

    account_sid: str
    username: str
    password: Secret
    base_url: str = "https://api.twilio.com"
    region: str = HOME

    def __post_init__(self) -> None:
        object.__setattr__(self, "password", hidden(self.password))

    @property
    def host(self) -> str:
        """The host of ``base_url``, with its port where one is given."""
        return self.base_url.partition("://")[2]

    def __reduce__(self) -> NoReturn:
        raise TypeError("Credentials hold a secret and are not pickled: resolve() them where they are needed")


class Environment:
    """Environment variables whose values do not appear in a traceback.

    :param variables: the process's, or others.
    """

    __slots__ = ("get",)

    def __init__(self, variables: Mapping[str, str] | Environment) -> None:
        self.get: Callable[[str], str | None] = lambda name: variables.get(name)

    def __repr__(self) -> str:
        return "Environment('***')"


def hidden(value: Any) -> Any:
    """Return a value as a Secret; None and a Secret as they are."""
    return value if value is None or isinstance(value, Secret) else Secret(value)


def unless_sid(value: Any) -> Any:
    """Return a SID as it is, and any other value hidden: it may be a secret in the wrong place."""
    return value if prefix_of(value) else hidden(value)


def resolve(
    account_sid: str | None = None,
    auth_token: str | Secret | None = None,
    *,
    api_key: str | None = None,
    api_secret: str | Secret | None = None,
    edge: str | Secret | None = None,
    region: str | Secret | None = None,
    base_url: str | Secret | None = None,
    environ: Mapping[str, str] | Environment | None = None,
) -> Credentials:
    """Return checked Credentials from arguments, completed from the environment. Never touches the network.

    :param account_sid: ``AC`` and 32 hex digits; else ``TWILIO_ACCOUNT_SID``.
    :param auth_token: the account's token; else ``TWILIO_AUTH_TOKEN``.
    :param api_key: ``SK`` and 32 hex digits, preferred to a token; else ``TWILIO_API_KEY`` or ``TWILIO_API_KEY_SID``.
    :param api_secret: the key's secret; else ``TWILIO_API_SECRET`` or ``TWILIO_API_KEY_SECRET``.
    :param edge: where requests enter, as ``"dublin"``; else ``TWILIO_EDGE``.
    :param region: where the data is stored, as ``"ie1"``; else ``TWILIO_REGION``, else ``"us1"``.
    :param base_url: scheme, host and port of another server; else ``TWILIO_API_BASE_URL``. Excludes ``edge``.
    :param environ: read instead of ``os.environ``.
    :returns: the credentials. Whether Twilio accepts them is not known.
    :raises ConfigurationError: a value is missing or malformed, or two values do not belong together.
    """
    # A traceback holds the variables of its frames: no value that may be a secret stays in one of them.
    account_sid, auth_token, api_key, api_secret = (
        unless_sid(account_sid),
        hidden(auth_token),
        unless_sid(api_key),
        hidden(api_secret),
    )
    edge, region, base_url = hidden(edge), hidden(region), hidden(base_url)
    env = environ = Environment(os.environ if environ is None else environ)
    home = unless_sid(env.get("TWILIO_ACCOUNT_SID") or None)
    account = _account(account_sid, home)
    pair = _explicit(account, auth_token, api_key, api_secret) or _from_env(account, home, env)
    url, where = _host_and_region(edge, region, base_url, env)
    return Credentials(account, *pair, base_url=url, region=where)


def is_loopback(host: str) -> bool:
    """Return whether ``host`` is this machine, by name or number: ``localhost``, ``127.0.0.0/8`` or ``::1``."""
    import ipaddress  # as late as this: it takes as long as ten modules of ours

    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host.lower() == "localhost"
    return address == ipaddress.IPv6Address("::1") or address in ipaddress.IPv4Network("127.0.0.0/8")


def check_account(sid: object) -> str:
    """Return the SID of an account as it is.

    :raises ConfigurationError: it is no SID of an account.
    """
    return _account(sid, None)


# ---------------------------------------------------------------- account and secret


def _account(given: object, home: object) -> str:
    name, value = ("TWILIO_ACCOUNT_SID", home) if given is None else ("account_sid", given)
    if value is None:
        raise CredentialsError("no account SID: pass account_sid= or set TWILIO_ACCOUNT_SID")
    if prefix_of(_open(value)) == "SK":
        raise CredentialsError(
            f"{name} is an API key's SID (SK…): give that as api_key= with its api_secret=, "
            "and as the account's SID the one (AC…) of the account that the key belongs to"
        )
    return _sid(name, "AC", value)


def _explicit(account: str, token: Any, key: object, secret: Any) -> tuple[str, Secret] | None:
    if key is None and secret is None:
        return None if token is None else (account, _secret("auth_token", token))
    if secret is None:
        raise CredentialsError("api_key is given without its secret: pass api_secret= too")
    if key is None:
        raise CredentialsError("api_secret is given without its key: pass api_key= too")
    return _sid("api_key", "SK", key), _secret("api_secret", secret)


def _from_env(account: str, home: object, env: Environment) -> tuple[str, Secret]:
    key_name, key = _find(env, _KEY)
    secret_name, secret = _find(env, _SECRET)
    token_name, token = _find(env, _TOKEN)
    found = [name for name, value in ((key_name, key), (secret_name, secret), (token_name, token)) if value]
    if not found:
        raise CredentialsError(f"no secret for account {account}: {_HOW_TO}")
    if home != account:
        why = "is not set" if home is None else "names another account"
        raise CredentialsError(
            f"no secret is given for account {account}; the environment's ({', '.join(found)}) is not used "
            f"for it, because TWILIO_ACCOUNT_SID {why}: pass auth_token=, or api_key= and api_secret="
        )
    if bool(key) != bool(secret):
        missing = _SECRET[0] if key else _KEY[0]
        raise CredentialsError(f"{found[0]} is set without its half {missing}: set both, or unset it")
    if key:
        return _sid(key_name, "SK", key), _secret(secret_name, secret)
    return account, _secret(token_name, token)


def _find(env: Environment, names: tuple[str, ...]) -> tuple[str, Any]:
    """The name and value of the first variable that is set; an empty one counts as not set."""
    return next(((name, unless_sid(env.get(name))) for name in names if env.get(name)), (names[0], None))


def _open(value: Any) -> Any:
    return value.reveal() if isinstance(value, Secret) else value


def _sid(name: str, prefix: str, value: object) -> str:
    if isinstance(value, str) and prefix_of(value) == prefix:  # any other text is hidden
        return value
    raise CredentialsError(
        f"{name} must be {prefix} and 32 hex digits, and is {_describe(value)}; it is not repeated here, "
        "in case it is a secret in the wrong place"
    )


def _secret(name: str, value: Any) -> Secret:
    value = hidden(value)
    if isinstance(value.reveal(), str) and value.reveal() and not re.search(r"\s", value.reveal()):
        return value  # type: ignore[no-any-return]
    raise CredentialsError(f"{name} must be text without spaces or line ends, and is {_describe(value)}")


def _describe(value: object) -> str:
    """A description of a wrong value, without the value."""
    value = _open(value)
    if not isinstance(value, str):
        return f"of type {type(value).__name__}"
    if not value:
        return "empty"
    if re.search(r"\s", value):
        return f"a text of {len(value)} characters with white space in it"
    prefix = prefix_of(value)
    return f"a SID that starts with {prefix}" if prefix else f"a text of {len(value)} characters"


# ---------------------------------------------------------------- host


def _host_and_region(edge: Any, region: Any, base_url: Any, env: Environment) -> tuple[str, str]:
    """The base URL and the region. Raises ConfigurationError."""
    home = hidden(env.get("TWILIO_REGION") or None)
    where = _name("region", home if region is None else region)
    url = hidden(env.get("TWILIO_API_BASE_URL") or None) if base_url is None else base_url
    if url is not None:
        if edge is not None:
            raise ConfigurationError("edge and base_url (or TWILIO_API_BASE_URL) both name a host: give one")
        return _base(url), where or HOME
    # The environment's edge was chosen for the environment's region, so another region does not inherit it.
    if edge is None and (where or HOME) == str(_open(home) or HOME).lower():
        edge = hidden(env.get("TWILIO_EDGE") or None)
    return f"https://{_host(_name('edge', edge), where)}", where or HOME


def _host(edge: str | None, region: str | None) -> str:
    region = region or HOME
    edge = edge or _EDGES.get(region)
    if edge:
        return f"api.{edge}.{region}.twilio.com"
    if region == HOME:
        return "api.twilio.com"
    raise ConfigurationError(f"region {region} needs an edge: pass edge= or set TWILIO_EDGE")


def _name(kind: str, value: object) -> str | None:
    if value is None:
        return None
    if isinstance(_open(value), str) and _NAME.fullmatch(_open(value)):
        return str(_open(value)).lower()
    raise ConfigurationError(f"{kind} must be a name of letters, digits and hyphens, at most 24, and is {_describe(value)}")


def _base(url: object) -> str:
    """A checked base URL. Plain http is for this machine only, since anybody on the network can read Basic authentication."""
    parts = _split(_open(url))
    if parts is None or not parts.hostname or parts.scheme not in ("http", "https"):
        del parts  # it may hold a secret
        raise ConfigurationError("base_url must be like 'https://host' or 'http://localhost:4010'")
    if "@" in parts.netloc or parts.path not in ("", "/") or parts.query or parts.fragment:
        del parts
        raise ConfigurationError("base_url must be a scheme, a host and a port only: no user, path or query")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ConfigurationError("base_url must be https: plain http would show the secret to the network")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _split(url: object) -> SplitResult | None:
    if not isinstance(url, str) or re.search(r"[\s\\]", url):
        return None
    try:
        parts = urlsplit(url)
        sound = parts.port != 0 and not parts.netloc.endswith(":")
    except ValueError:
        return None
    return parts if sound and _HOST.fullmatch(parts.hostname or "") else None
