"""A warning at the end of an evaluation most of whose responses could not be read.

Inspect finds it when `clinical_r1.scorers.answer` is made, not through the entry point: hooks found there are announced
on the output of every command.
"""

import logging

from anyio import to_thread
from inspect_ai.hooks import Hooks, TaskEnd, hooks
from inspect_ai.log import EvalLog

from clinical_r1.metrics import MOSTLY_READ

_log = logging.getLogger(__name__)


@hooks("unread", "warns at the end of an evaluation most of whose responses could not be read")
class Unread(Hooks):
    """Warns through the logger, which Inspect shows in every display; the exit status stays Inspect's."""

    async def on_task_end(self, data: TaskEnd) -> None:
        """Look at the log just written. Of a run that failed, `inspect eval-retry` will say it."""
        log = data.log
        if log.status != "success" or log.results is None:
            return
        read = [score.metrics["parsed"].value for score in log.results.scores if "majority_accuracy" in score.metrics]
        if not read or read[0] >= MOSTLY_READ:
            return
        if log.eval.config.log_samples is False:
            _log.warning(f"{log.eval.task}: an answer could be read in only {read[0]:.0%} of the responses")
            return
        for sentence in await to_thread.run_sync(_sentences, log):  # the log is read again only for this
            _log.warning(sentence)


def _sentences(log: EvalLog) -> list[str]:
    # Here, because most evaluations need none of it.
    from clinical_r1.analysis.summary import mostly_unread
    from clinical_r1.logs import read_logs

    return list(mostly_unread(read_logs([log.location])))
