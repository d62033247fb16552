"""The public enums of connections and their sources."""

from api.types.enums import public_enum
from domain.secret import SecretKind
from domain.source import RunState
from ingest.orders import Kind
from journey_atlas_sdk import PullReason
from storage.jobs.records import JobState

SECRET_KIND = public_enum(
    SecretKind,
    "Where a secret's value lies.",
    STORED="Here, sealed.",
    ENVIRONMENT="In an environment variable of the server.",
    FILE="In a file of the server's folder of secrets.",
)
RUN_STATE = public_enum(
    RunState,
    "How an attempt to read a metric source stands.",
    RUNNING="It is under way.",
    WAITING="The source needs time: another run goes on with the same question.",
    OK="All that was asked was answered.",
    FAILING="It failed, and is tried again by itself.",
    NEEDS_ATTENTION="It failed, and isn't tried again before somebody mends the settings.",
    CANCELLED="Somebody ended it.",
    ABANDONED="The process that made it is gone; another run takes its place.",
)
RUN_REASON = public_enum(
    PullReason,
    "Why a source was read.",
    name="RunReason",
    ON_DEMAND="A reader wanted fresher values, or somebody ordered it.",
    SCHEDULED="It was time.",
    BACKFILL="The past was to be filled in.",
    PUSH="Something was delivered.",
    CHECK="Somebody tried the settings out.",
)
JOB_STATE = public_enum(
    JobState,
    "How a job stands.",
    QUEUED="It waits for its time and a worker.",
    RUNNING="It is being done.",
    DONE="Nothing of it is left to do.",
    HELD="It waits for a person: `reason` says why.",
    CANCELLED="Somebody ended it.",
)
JOB_KIND = public_enum(
    Kind,
    "What a job does with a source.",
    name="SyncJobKind",
    SYNC="What is missing is asked, and what may have changed.",
    BACKFILL="A stretch is asked, newest first.",
    PULL="A stretch is asked again, for the source said that it changed.",
)
