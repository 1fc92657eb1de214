"""Which recipients have opted out of messages from which senders, by the keywords of the messages that they sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..definitions.times import seconds

if TYPE_CHECKING:
    from .table import Row

OPT_OUT_KEYWORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
OPT_IN_KEYWORDS = frozenset({"START", "YES", "UNSTOP"})
_INBOUND_STATUSES = ("received", "receiving")


class OptOuts:
    """The latest keyword of each pair of a sender and a recipient, by account."""

    def __init__(self) -> None:
        self._latest: dict[tuple[str, str, str], tuple[float, bool]] = {}

    def note(self, account: str, sender: str, recipient: str, keyword: str, at: float) -> None:
        """Note a message that a recipient sent; one that is no keyword changes nothing, nor does one before the latest keyword.

        :param account: the SID of the account that received it.
        :param sender: the number of the account, or the SID of the messaging service.
        :param recipient: the number that wrote.
        :param keyword: the text of the message. Keywords are single words in any case.
        :param at: when it arrived, in seconds since 1970.
        """
        word = keyword.strip().upper()
        if word not in OPT_OUT_KEYWORDS and word not in OPT_IN_KEYWORDS:
            return
        pair = (account, sender, recipient)
        if at >= self._latest.get(pair, (at, False))[0]:
            self._latest[pair] = (at, word in OPT_OUT_KEYWORDS)

    def note_message(self, row: Row, now: float) -> None:
        """Note an opt-out or an opt-in, if a new record is an incoming message with such a keyword.

        :param row: the record.
        :param now: the time of a message that has none, in seconds since 1970.
        """
        payload = row.payload
        if payload["direction"] != "inbound" and row.status not in _INBOUND_STATUSES:
            return
        at = seconds(payload["date_sent"]) or seconds(payload["date_created"]) or now
        for sender in (payload["to"], payload["messaging_service_sid"]):
            if sender:
                self.note(row.account, str(sender), str(payload["from"]), str(payload["body"] or ""), at)

    def has(self, account: str, sender: str, recipient: str) -> bool:
        """Tell whether a recipient has opted out of a sender.

        :param account: the SID of the account.
        :param sender: the number of the account, or the SID of the messaging service.
        :param recipient: the number to send to.
        """
        return self._latest.get((account, sender, recipient), (0.0, False))[1]
