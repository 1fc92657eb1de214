"""Carries out the TwiML that receivers answer, as far as it makes records. Sends nothing.

A call goes through its document verb by verb, as the clock advances. What ends a verb that waits is a change of another record:
the end of a dialled call, the departure from a conference or a queue.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from ..handlers.calls import hang_up
from ..world import lifecycle, recorder
from ..world.caller_input import TIMEOUT
from ..world.values import seeded_random
from . import parameters, urls, verbs
from .callback import Callback, Change, pairs
from .replies import send_reply
from .requests import CallbackReply
from .twiml import TwimlError, Verb, parse
from .urls import Target

if TYPE_CHECKING:
    from ..world.state import State
    from ..world.table import Row

_MOST_DOCUMENTS = 50  # of one call: documents that lead to each other would never end


@dataclass
class _Program:
    """What a call still has to do.

    :param verbs: the verbs that are left.
    :param base: the URL of the document.
    :param until: when the verb ends that takes time; None if something else ends it.
    :param waits_for: the SID of the dialled call whose end ends the verb, or of the recording that it makes.
    :param verb: the verb that is being carried out.
    :param documents: how many documents the call has had.
    :param gathered: what the other party has entered, for the action of a ``Gather``; None if it has entered nothing.
    """

    verbs: list[Verb]
    base: str
    until: datetime | None = None
    waits_for: str = ""
    verb: Verb = field(default_factory=lambda: Verb(""))
    documents: int = 1
    gathered: dict[str, object] | None = None


class Answers:
    """Carries out TwiML. The caller holds the lock.

    :param state: the state of the simulation.
    """

    def __init__(self, state: State) -> None:
        self.not_simulated: list[str] = []
        self.callbacks: list[Callback] = []  # requests for further documents, for the sender to take
        self._state = state
        self._programs: dict[str, _Program] = {}
        self._verbs: dict[str, Callable[[Row, _Program, Verb], bool]] = {
            "Say": self._say, "Pause": self._say, "Play": self._play, "Gather": self._gather,
            "Dial": self._dial, "Record": self._record, "Hangup": self._hangup,
            "Enqueue": self._enqueue, "Redirect": self._redirect,
        }  # fmt: skip

    def carry_out(self, row: Row, reply: CallbackReply, base: str) -> None:
        """Carry out a reply to the request for a call or a message. A reply without a body changes nothing.

        :param row: the call or the message.
        :param base: the URL that was requested.
        """
        if not reply.body.strip():
            return
        if row.table == "messages" and reply.content_type.lower().startswith("text/plain"):
            send_reply(self._state, row, Verb("Message", text=reply.body.decode("utf-8", "replace")), base)
            return
        try:
            found = parse(reply.body)
        except TwimlError as error:
            self._reject_document(row, base, error)
            return
        if row.table == "messages":
            for verb in found:
                if verb.name == "Message":
                    send_reply(self._state, row, verb, base)
                else:
                    self._skip(row, verb.name)
        elif row.status not in lifecycle.FINAL_CALL_STATUSES:
            self._start(row, found, base)

    def follow(self, changes: list[Change]) -> None:
        """Go on with the calls that waited for one of these changes, or for this time."""
        for change in changes:
            row = change.row
            if row.table == "calls" and change.what == "changed":
                self._follow_call(row)
            elif change.what == "redirected":
                self._redirected(row, change.before)
            elif change.what == "entered":
                self._entered(row)
            elif row.table in ("participants", "queue_members") and change.what == "removed":
                call = self._state.table(row.account, "calls").rows.get(str(row.payload["call_sid"]))
                program = self._programs.get(str(row.payload["call_sid"]))
                in_progress = call is not None and call.status == "in-progress"
                if call is not None and program is not None and in_progress and program.verb.name in ("Dial", "Enqueue"):
                    self._finish_verb(call, program, {})

    def _follow_call(self, row: Row) -> None:
        program = self._programs.get(row.key)
        if row.status in lifecycle.FINAL_CALL_STATUSES:
            if self._programs.pop(row.key, None) is not None and program is not None:
                hang_up(self._state, self._state.table(row.account, "calls").rows.get(program.waits_for))
                self._recorded(row, program)
            parent = self._state.table(row.account, "calls").rows.get(str(row.payload["parent_call_sid"]))
            waiting = None if parent is None else self._programs.get(parent.key)
            if parent is not None and waiting is not None and waiting.waits_for == row.key:
                ended: dict[str, object] = {
                    "DialCallSid": row.key, "DialCallStatus": row.status, "DialCallDuration": row.payload["duration"] or "0",
                }  # fmt: skip
                self._finish_verb(parent, waiting, ended)
        elif program is not None and program.until is not None and self._state.now >= program.until:
            self._finish_verb(row, program, program.gathered or self._recorded(row, program))

    def _redirected(self, call: Row, given: Mapping[str, object]) -> None:
        """Leave what a call is doing, and request the document that a request of the API names."""
        if call.status != "in-progress":  # it has ended meanwhile
            return
        state, program = self._state, self._programs.pop(call.key, None)
        if program is not None:
            hang_up(state, state.table(call.account, "calls").rows.get(program.waits_for))
            self._recorded(call, program)
        for one in lifecycle.participants(state, call.account, call_sid=call.key):
            state.remove(one)
            lifecycle.end_conference_if_empty(state, one, "last-participant-left")
        for one in state.children(call.account, "queue_members", "call_sid", call.key):
            state.remove(one)
        self._leaves_some_time(call)  # unless the document says otherwise
        target, twiml = urls.instructions(given), str(given.get("Twiml") or "")
        ready = None if target.url else CallbackReply(200, twiml.encode(), "text/xml")
        values = pairs(parameters.voice(call, call.payload, call.status))

        def carry_out(reply: CallbackReply, url: str) -> None:
            self.carry_out(call, reply, url)

        self.callbacks.append(Callback("voice", call.account, call.key, target, values, state.now, carry_out, True, ready))

    def _entered(self, call: Row) -> None:
        """Go on with a call that waits for input."""
        program = self._programs.get(call.key)
        if program is not None and program.verb.name == "Gather" and program.gathered is None:
            self._take_input(call, program, 0)

    # ------------------------------------------------------------ documents

    def _start(self, call: Row, found: list[Verb], base: str) -> None:
        """Begin a document: a call that rings is answered, unless the first verb rejects it."""
        state, earlier = self._state, self._programs.get(call.key)
        if call.status == "ringing":
            if found and found[0].name == "Reject":
                status = "busy" if found[0].attributes.get("reason") == "busy" else "no-answer"
                state.schedule(call, [])
                state.change(call, {"status": status, "end_time": state.now, "duration": None})
                return
            state.change(call, {"status": "in-progress", "start_time": state.now})
        state.schedule(call, [])  # the document says when the call ends
        program = self._programs[call.key] = _Program(list(found), base)
        program.documents += 0 if earlier is None else earlier.documents
        self._run(call, program)

    def _run(self, call: Row, program: _Program) -> None:
        """Carry out verbs until one takes time. After the last one the call ends."""
        while program.verbs:
            program.verb = program.verbs.pop(0)
            carry_out = self._verbs.get(program.verb.name)
            if carry_out is None:
                self._skip(call, program.verb.name)
            elif carry_out(call, program, program.verb):
                return
        self._end(call)

    def _finish_verb(self, call: Row, program: _Program, result: dict[str, object]) -> None:
        """End the verb that a call waited for: request its action, or go on with the next verb."""
        action = program.verb.attributes.get("action")
        if program.verb.name == "Record" and action is None:
            action = program.base  # as at Twilio, which requests the same document again
        if program.verb.name == "Gather":
            always = program.verb.attributes.get("actionOnEmptyResult") == "true"
            action = (action or program.base) if result or always else None
        program.until, program.waits_for, program.gathered = None, "", None
        if action is not None and call.status == "in-progress":
            self._request(call, program, action, program.verb.attributes.get("method"), result)
        else:
            self._run(call, program)

    def _request(self, call: Row, program: _Program, url: str, method: str | None, result: dict[str, object]) -> None:
        if program.documents >= _MOST_DOCUMENTS:
            self._skip(call, f"document {program.documents + 1}")
            self._end(call)
            return
        program.verbs.clear()
        values = pairs(parameters.voice(call, call.payload, call.status), result)
        target = Target(urljoin(program.base, url), (method or "POST").upper())
        where = target.url

        def carry_out(reply: CallbackReply, _url: str) -> None:
            if reply.body.strip():
                self.carry_out(call, reply, where)
            else:
                self._end(call)

        self.callbacks.append(Callback("voice", call.account, call.key, target, values, self._state.now, carry_out, True))

    def _end(self, call: Row) -> None:
        self._programs.pop(call.key, None)
        hang_up(self._state, call)

    def _wait(self, call: Row, program: _Program, seconds: int) -> None:
        program.until = self._state.now + timedelta(seconds=seconds)
        self._state.schedule(call, [(program.until, {})])

    def _skip(self, row: Row, name: str) -> None:
        self.not_simulated.append(f"{row.key}: {name}")

    def _reject_document(self, row: Row, url: str, error: TwimlError) -> None:
        """Note a document that is no TwiML as Twilio does, and end its call."""
        call_sid = row.key if row.table == "calls" else None
        values = {"call_sid": call_sid, "error_code": "12100", "message_text": str(error), "request_url": url,
                  "more_info": "https://www.twilio.com/docs/errors/12100"}  # fmt: skip
        self._state.add(row.account, "notifications", values)
        if row.table == "calls" and row.status not in lifecycle.FINAL_CALL_STATUSES:
            self._start(row, [], url)

    # ------------------------------------------------------------ verbs: each tells whether the call waits

    def _say(self, call: Row, program: _Program, verb: Verb) -> bool:
        self._wait(call, program, verbs.duration(verb))
        return True

    def _play(self, _call: Row, _program: _Program, _verb: Verb) -> bool:
        return False

    def _gather(self, call: Row, program: _Program, verb: Verb) -> bool:
        prompt = sum(verbs.duration(one) for one in verb.children)
        if not self._take_input(call, program, prompt):
            self._wait(call, program, prompt + verbs.whole(verb.attributes.get("timeout"), TIMEOUT))
        return True

    def _take_input(self, call: Row, program: _Program, prompt: int) -> bool:
        """Wait until the next input is complete. Return whether there is one.

        :param prompt: the seconds until the other party begins.
        """
        found = verbs.gather(self._state.caller_inputs.get(call.key), program.verb)
        if found is not None:
            program.gathered, seconds = found
            self._wait(call, program, prompt + seconds)
        return found is not None

    def _hangup(self, call: Row, _program: _Program, _verb: Verb) -> bool:
        self._end(call)
        return True

    def _redirect(self, call: Row, program: _Program, verb: Verb) -> bool:
        self._request(call, program, verb.text, verb.attributes.get("method"), {})
        return True

    def _dial(self, call: Row, program: _Program, verb: Verb) -> bool:
        noun = verb.child("Conference")
        if noun is not None:
            verbs.join_conference(self._state, call, noun, program.base)
            self._leaves_some_time(call)
            return True
        named = [one for one in verb.children if one.name in ("Number", "Client", "Sip")]
        first, *others = named or [Verb("Number", text=verb.text)]
        for one in [*others, *(one for one in verb.children if one.name == "Queue")]:
            self._skip(call, f"Dial {one.name}")
        if not first.text:
            return False
        program.waits_for = verbs.dial(self._state, call, verb, first, program.base).key
        return True

    def _enqueue(self, call: Row, _program: _Program, verb: Verb) -> bool:
        verbs.enqueue(self._state, call, verb.text)
        self._leaves_some_time(call)
        return True

    def _record(self, call: Row, program: _Program, verb: Verb) -> bool:
        row = verbs.start_recording(self._state, call, verb, program.base)
        program.waits_for = row.key
        longest = verbs.whole(verb.attributes.get("maxLength"), 3600)
        self._wait(call, program, max(1, min(longest, seeded_random(row.key).randint(2, 60))))
        return True

    def _recorded(self, call: Row, program: _Program) -> dict[str, object]:
        row = self._state.table(call.account, "recordings").rows.get(program.waits_for)
        if row is None:
            return {}
        recorder.finish(self._state, row)
        url = parameters.resource_url(call.account, f"Recordings/{row.key}")
        return {"RecordingUrl": url, "RecordingSid": row.key, "RecordingDuration": row.payload["duration"]}

    def _leaves_some_time(self, call: Row) -> None:
        """Let the caller hang up after a while, unless something else ends the wait."""
        state = self._state
        start = verbs.answered_at(state, call)
        end = state.now + timedelta(seconds=seeded_random(f"{call.key}/patience").randint(60, 600))
        state.schedule(call, lifecycle.ending_steps(call, start, end))
