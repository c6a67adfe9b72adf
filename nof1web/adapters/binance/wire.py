"""What a refusal means for the caller: code first, HTTP status second, the words of a 503 third (binance.md §6)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from nof1web.errors import (
    N_,
    AlreadyDone,
    Blocked,
    CredentialRefused,
    ExchangeError,
    OutcomeUnknown,
    Rejected,
    Transient,
)

STALE_CLOCK = frozenset({-1021, -5028})
NO_SUCH_ORDER = -2013
GONE = frozenset({-2011, NO_SUCH_ORDER})
TOO_MANY_REQUESTS = -1003
TOO_MANY_ORDERS = -1015

UNKNOWN_CODES = frozenset({-1000, -1006, -1007})
TRANSIENT_CODES = STALE_CLOCK | {
    -1001, TOO_MANY_REQUESTS, -1008, -1010, -1011, TOO_MANY_ORDERS, -1016, -4117, -4509, -5043,
}
DONE_CODES = frozenset({-2011, -4046, -4059, -4116, -4130, -4171, -5027})
BLOCKED_CODES = frozenset({
    -2023, -2024, -4047, -4048, -4050, -4051, -4067, -4068, -4087, -4088, -4105, -4106, -4107, -4109, -4140, -4141,
    -4161, -4167, -4168, -4169, -4170, -4172, -4189, -4192, -4202, -4203, -4205, -4206, -4208, -4209, -4400, -4401,
    -4402, -4403, -4411, -4425, -4531,
})
CREDENTIAL_CODES = frozenset({-1002, -1022, -1099, -2008, -2014, -2015, -2017})
REJECTED_CODES = frozenset({
    # a number or the timing was wrong: computing it again may help
    -1106, -1111, -2018, -2019, -2020, -2021, -2022, -2025, -2027, -2028, -4001, -4002, -4003, -4004, -4005, -4013,
    -4014, -4015, -4016, -4023, -4024, -4028, -4045, -4061, -4062, -4118, -4120, -4131, -4135, -4136, -4137, -4138,
    -4142, -4164, -4183, -4184, -4210, -4211, -5021, -5022, -5029, -5040, -5041, -5047,
    # the request was malformed, or is none that a follower makes: computing it again won't help
    -1004, -1005, -1013, -1014, -1020, -1023, -1100, -1101, -1102, -1103, -1104, -1105, -1108, -1109, -1110, -1112,
    -1113, -1114, -1115, -1116, -1117, -1118, -1119, -1120, -1121, -1122, -1125, -1126, -1127, -1128, -1130, -1131,
    -1136, -2010, -2012, -2013, -2016, -2026, -4000, -4006, -4007, -4008, -4009, -4010, -4011, -4012, -4017, -4018,
    -4019, -4020, -4021, -4022, -4025, -4026, -4027, -4029, -4030, -4031, -4032, -4033, -4044, -4049, -4052, -4053,
    -4054, -4055, -4056, -4057, -4058, -4060, -4082, -4083, -4084, -4085, -4086, -4104, -4114, -4115, -4139, -4144,
    -4165, -5024, -5025, -5026, -5037, -5038, -5039,
})
CLASSES: tuple[tuple[frozenset[int], type[ExchangeError]], ...] = (
    (UNKNOWN_CODES, OutcomeUnknown),
    (TRANSIENT_CODES, Transient),
    (DONE_CODES, AlreadyDone),
    (BLOCKED_CODES, Blocked),
    (CREDENTIAL_CODES, CredentialRefused),
    (REJECTED_CODES, Rejected),
)
_CLASS_OF = {code: kind for codes, kind in CLASSES for code in codes}
NOT_EXECUTED_503 = frozenset({
    "Service Unavailable.", "Internal error; unable to process your request. Please try again.",
})

WORDS: dict[type[ExchangeError], str] = {
    Transient: N_("The exchange cannot take this now: %(message)s (%(code)s). It will be tried again."),
    AlreadyDone: N_("The exchange already has it so: %(message)s (%(code)s)."),
    Rejected: N_("The exchange refused this: %(message)s (%(code)s)."),
    Blocked: N_("The exchange does not let this account open positions here: %(message)s (%(code)s)."),
    CredentialRefused: N_("The exchange refused the API key: %(message)s (%(code)s). Test the connection to see why."),
    OutcomeUnknown: N_("The exchange did not say if this happened: %(message)s (%(code)s). It is being looked up."),
}
KEY_ADDRESS_PERMISSION = -2015
ONE_OF_THREE = N_(
    "The exchange refused the API key (%(code)s): the key is gone, this server's address is not on its list, or it may "
    "not trade futures. Test the connection to see which."
)
UNMAPPED = N_("The exchange refused this with a code unknown here: %(message)s (%(code)s). Please report it.")
FOREIGN = N_("What answered was not the exchange (HTTP %(code)s). Check its address and any proxy on the way.")
BODY_KEPT = 2_000


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer as it came; `mutating` says whether the request could have changed anything.

    `retry_after` is in seconds; `answered_at` is the server's own clock, where it told.
    """

    status: int
    body: bytes
    mutating: bool
    retry_after: int | None = None
    answered_at: datetime | None = None

    @property
    def document(self) -> object:
        """The body's JSON with every fraction a Decimal; None when it isn't JSON, as with NaN in it."""
        try:
            return json.loads(self.body, parse_float=Decimal, parse_constant=_no_number)
        except (ValueError, ArithmeticError, RecursionError):
            return None

    @property
    def text(self) -> str:
        """The start of the body, for the record of an error."""
        return self.body[:BODY_KEPT].decode("utf-8", "replace")

    @property
    def limits(self) -> bool:
        """Whether the host tells this address to be quiet: 429, 418, or its firewall's 403 (binance.md §5)."""
        code, _ = said(self.document)
        if code == TOO_MANY_ORDERS:
            return False
        return code == TOO_MANY_REQUESTS or self.status in (418, 429) or (self.status == 403 and code is None)

    @property
    def banned_until(self) -> datetime | None:
        """The end of a ban by the server's clock as -1003 tells it, None when it doesn't."""
        found = re.search(r"banned until (\d{13})(?!\d)", self.text)
        return datetime.fromtimestamp(int(found[1]) // 1000, UTC) if found else None


def said(document: object) -> tuple[int | None, str]:
    """Return (code, message) of a document; no code when there is none that is an error: 200 and "200" are not."""
    if not isinstance(document, dict):
        return None, ""
    message = str(document.get("msg", ""))
    try:
        code = int(str(document.get("code")))
    except ValueError:
        return None, message
    return (None, message) if code == 200 else (code, message)


def kind_of(answer: Answer) -> type[ExchangeError]:
    """Return the class of a refusal. An unknown outcome of a read is Transient: reading changes nothing."""
    code, message = said(answer.document)
    found = _CLASS_OF.get(code) if code is not None else None
    kind = found or _kind_by_status(answer.status, coded=code is not None, message=message or answer.text)
    return Transient if kind is OutcomeUnknown and not answer.mutating else kind


def failure(answer: Answer) -> ExchangeError:
    """Return the error for an answer that isn't a success, with what the exchange said kept on it."""
    code, message = said(answer.document)
    kind = kind_of(answer)
    words = WORDS[kind]
    if code == KEY_ADDRESS_PERMISSION:
        words = ONE_OF_THREE
    elif kind is Rejected and code not in _CLASS_OF:
        words = UNMAPPED
    elif kind is Transient and code is None and not answer.limits and answer.status < 500:
        words = FOREIGN
    return kind(
        words,
        exchange_code=code,
        http_status=answer.status,
        body=answer.text,
        retry_after=answer.retry_after,
        message=message.rstrip(". ") or f"HTTP {answer.status}",
        code=answer.status if code is None else code,
    )


def _kind_by_status(status: int, *, coded: bool, message: str) -> type[ExchangeError]:
    """Only an answer with a code of its own, even an unknown one, is surely the exchange's and not a gateway's."""
    if status in (418, 429) or (status == 403 and not coded):
        return Transient
    if status == 503 and message.strip() in NOT_EXECUTED_503:
        return Transient
    if status == 451:
        return Blocked
    if not coded or status == 408 or not 400 <= status < 500:
        return OutcomeUnknown
    return CredentialRefused if status == 401 else Rejected


def _no_number(constant: str) -> object:
    raise ValueError(f"not a number: {constant}")
