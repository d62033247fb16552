"""The public enums: the domain's own, with a description of each value."""

from collections.abc import Mapping
from enum import Enum, EnumType
from types import MappingProxyType

from strawberry.types.enum import EnumValue, StrawberryEnumDefinition

from domain.cycle import CycleState
from domain.delivery import Divergence
from domain.goal import GoalKind, GoalScope
from domain.health import HealthState
from domain.insight import EvidenceSource, InsightAspect, InsightKind
from domain.journey import JourneyLevel
from domain.links import MeasureDimension
from domain.metric import (
    Aggregation,
    Cadence,
    Direction,
    DurationUnit,
    MetricFamily,
    ObservationState,
    UnitKind,
    WindowKind,
)
from domain.node import Kind
from domain.okr import CurveKind, HowMuchKind, KeyResultKind, RollupMode
from domain.opportunity import Hypothesis, OpportunityAspect, OpportunityStatus
from domain.policies import StatusCode
from domain.progress import ProgressState
from domain.reason import ReasonCode
from domain.search import MatchRank
from domain.solution import SolutionKind, SolutionStatus
from domain.source import SourceState
from ingest.freshness import FreshnessCode, FreshnessState, ReadMode


class PublicEnum(StrawberryEnumDefinition):
    """An enum's definition beside the enum, which stays as the domain made it."""

    __hash__ = StrawberryEnumDefinition.__hash__

    def __call__(self) -> None:
        """Never called; `typing` takes only what can be called for a type."""


_DEFINITIONS: dict[EnumType, PublicEnum] = {}


PUBLIC: Mapping[EnumType, PublicEnum] = MappingProxyType(_DEFINITIONS)
"""Every enum that the API shows, with its definition."""


def definition_of(enum: EnumType) -> PublicEnum:
    """Give the public definition of a domain enum."""
    return _DEFINITIONS[enum]


def public_enum(enum: type[Enum], description: str, *, name: str = "", **values: str) -> PublicEnum:
    """Make a domain enum public, by its own name or another; every value is described."""
    if list(values) != [member.name for member in enum]:
        message = f"{enum.__name__}: every value, in order, needs a description."
        raise TypeError(message)
    definition = PublicEnum(
        wrapped_cls=enum,
        name=name or enum.__name__,
        values=[EnumValue(m.name, m.value, description=values[m.name]) for m in enum],
        description=description,
    )
    _DEFINITIONS[enum] = definition
    return definition


GOAL_KIND = public_enum(
    GoalKind,
    "Whose success a goal describes.",
    BUSINESS="Success of the company.",
    CUSTOMER="Success of the customer.",
)
GOAL_SCOPE = public_enum(
    GoalScope,
    "How far a goal reaches.",
    ORGANIZATION="A North Star of the whole organization: broad and stable.",
    JOURNEY="Tied to one journey; its parent is the goal that it serves.",
)
JOURNEY_LEVEL = public_enum(
    JourneyLevel,
    "The size of a journey.",
    MACRO="A job that a customer has with the company.",
    MICRO="A part of another journey, or of several.",
)
INSIGHT_KIND = public_enum(
    InsightKind,
    "What an insight says.",
    PAIN="Something hurts or hinders the customer.",
    GAIN="Something helps or delights the customer.",
    NEED="The customer needs something.",
    OBSERVATION="Something was seen, without a judgement.",
)
INSIGHT_ASPECT = public_enum(
    InsightAspect,
    "What of the customer an insight is about.",
    PERCEPTION="What customers think or believe.",
    EMOTION="What customers feel.",
    BEHAVIOUR="What customers do.",
)
EVIDENCE_SOURCE = public_enum(
    EvidenceSource,
    "Where a piece of evidence comes from.",
    CUSTOMER_RESEARCH="Interviews, diaries, usability tests.",
    VOICE_OF_CUSTOMER="Comments, complaints, calls, reviews.",
    PRODUCT_ANALYTICS="Events that the product recorded.",
    SURVEY="Answers to a questionnaire.",
    OPERATIONS="Records of the company's own processes.",
)
OPPORTUNITY_ASPECT = public_enum(
    OpportunityAspect,
    "What of a journey an opportunity changes.",
    PATH="What the customer has to do.",
    PERCEPTION="What the customer perceives or feels.",
)
OPPORTUNITY_STATUS = public_enum(
    OpportunityStatus,
    "How far an opportunity has come.",
    IDENTIFIED="Known, and not yet weighed against others.",
    PRIORITISED="Chosen to be worked on.",
    IN_DELIVERY="Solutions for it are being made.",
    DONE="Worked on, and over.",
    DROPPED="Given up.",
)
HYPOTHESIS = public_enum(
    Hypothesis,
    "What is known of the belief behind an opportunity.",
    UNTESTED="Nobody tested it.",
    VALIDATED="A test confirmed it.",
    REFUTED="A test refuted it.",
)
SOLUTION_KIND = public_enum(
    SolutionKind,
    "What a solution is.",
    FEATURE="A part of a product.",
    SERVICE="Something that people do for the customer.",
    POLICY="A rule of the company.",
    CONTENT="Words, pictures, films.",
    PLATFORM="Something that other solutions build on.",
)
SOLUTION_STATUS = public_enum(
    SolutionStatus,
    "How far a solution has come.",
    IDEA="Thought of.",
    APPROVED="Decided, not begun.",
    BUILDING="Being made.",
    RELEASED="In customers' hands.",
    CANCELLED="Given up; it doesn't count in delivery.",
)
UNIT_KIND = public_enum(
    UnitKind,
    "What a metric's numbers are.",
    PERCENT="Per cent, 0 to 100.",
    RATIO="A share, 0 to 1.",
    COUNT="A number of things.",
    SCORE="Points on a scale.",
    DURATION="Seconds, whatever the unit in which they are shown.",
    MONEY="An amount in the unit's currency.",
    RATE="So many per the unit's `per`.",
    NUMBER="A plain number.",
)
DURATION_UNIT = public_enum(
    DurationUnit,
    "The unit in which a duration is shown.",
    SECOND="1 second.",
    MINUTE="60 seconds.",
    HOUR="3,600 seconds.",
    DAY="86,400 seconds.",
    WEEK="604,800 seconds.",
)
DIRECTION = public_enum(
    Direction,
    "Which way a metric gets better.",
    HIGHER="More is better.",
    LOWER="Less is better.",
    NEITHER="Neither is better as such.",
)
AGGREGATION = public_enum(
    Aggregation,
    "How observations become one value over a window.",
    LAST="The latest observation.",
    SUM="The sum.",
    MEAN="The plain mean.",
    WEIGHTED_MEAN="The mean, weighted by sample size.",
    RATIO="Sum of numerators / sum of denominators, in the metric's unit.",
    MIN="The least.",
    MAX="The greatest.",
    MEDIAN="The source's own median of its latest period; can't be aggregated again.",
    UNIQUE="The source's own count of distinct things; can't be aggregated again.",
    OPAQUE="A number of the source's own making; can't be aggregated again.",
)
WINDOW_KIND = public_enum(
    WindowKind,
    "Which observations make up a value; a period belongs to the window in which it ends.",
    CYCLE="Those since the start of the cycle.",
    TRAILING="Those of the last `days` days, the asked day included.",
    ALL="All that are known.",
)
CADENCE = public_enum(
    Cadence,
    "How often a new observation is due.",
    HOUR="Every hour.",
    DAY="Every day.",
    WEEK="Every week.",
    MONTH="Every month.",
    QUARTER="Every quarter.",
    YEAR="Every year.",
)
METRIC_FAMILY = public_enum(
    MetricFamily,
    "What a metric speaks of.",
    JOURNEY_KPI="How well a journey goes.",
    BEHAVIOURAL="What customers do.",
    BUSINESS_OUTCOME="What the company gets out of it.",
)
OBSERVATION_STATE = public_enum(
    ObservationState,
    "Whether a source may still change a value.",
    FINAL="Settled.",
    PROVISIONAL="May still change at the source.",
)
MEASURE_DIMENSION = public_enum(
    MeasureDimension,
    "What a success measure tells of a journey.",
    EFFECTIVENESS="Whether customers reach what they came for.",
    EFFICIENCY="What it takes, of them and of the company.",
)
KEY_RESULT_KIND = public_enum(
    KeyResultKind,
    "How a key result is judged.",
    INCREASE="From the baseline up to the target.",
    DECREASE="From the baseline down to the target.",
    STAY_ABOVE="Each period of the cycle at or above the lower bound.",
    STAY_BELOW="Each period of the cycle at or below the upper bound.",
    WITHIN_RANGE="Each period of the cycle within both bounds.",
    MILESTONES="The weight of what is done / the weight of all.",
    BINARY="Done or not.",
    ESTABLISH_BASELINE="Enough values to know where one stands.",
)
HOW_MUCH_KIND = public_enum(
    HowMuchKind,
    "In which of four ways a key result says by how much.",
    TO="To a value.",
    BY_AMOUNT="By an amount, in the metric's unit.",
    BY_PERCENT="By per cent of the baseline: 20 is a fifth more.",
    BY_POINTS="By percentage points.",
)
ROLLUP_MODE = public_enum(
    RollupMode,
    "What an objective's progress is made of.",
    KEY_RESULTS="Its key results, guardrails left out.",
    CHILDREN="The objectives that contribute to it.",
    BOTH="Key results and contributing objectives together.",
    MANUAL="A value that a person sets; the computed one stands beside it.",
)
CURVE_KIND = public_enum(
    CurveKind,
    "How progress is expected to grow over the cycle.",
    LINEAR="Evenly, day by day.",
    STEP="Nothing until the end, then all.",
    S_CURVE="Slowly at first and at the end, fast in between.",
    POINTS="Through dated points.",
)
CYCLE_STATE = public_enum(
    CycleState,
    "What of a cycle may still be edited.",
    DRAFT="Being planned.",
    ACTIVE="Running.",
    LOCKED="Running or over; targets no longer change.",
    CLOSED="Over; scores are frozen.",
)
SOURCE_STATE = public_enum(
    SourceState,
    "How the last attempt to read a metric source ended.",
    NEVER_SYNCED="Nobody read it yet.",
    OK="It answered.",
    FAILING="It failed and will be tried again; the last value stays.",
    NEEDS_ATTENTION="It failed in a way that a person has to mend; the last value stays.",
)
READ_MODE = public_enum(
    ReadMode,
    "What to do where a source's last answer is older than the maximum age.",
    PREFER_CACHE="Answer with what is known, at once; the source is asked behind the answer.",
    CACHED_ONLY="Answer with what is known, at once; nobody is asked.",
    LIVE="Ask the source first and wait for it, until the deadline.",
)
FRESHNESS_STATE = public_enum(
    FreshnessState,
    "How the last answer of a source stands against the maximum age.",
    FRESH="It is young enough.",
    STALE="It is too old, or the source has failed since; the last value stays.",
    REFRESHING="Stale, and the source is being asked; the last value stays.",
    PENDING="The source is being asked, and never answered before.",
    NEVER="The source never answered, and isn't being asked.",
)
FRESHNESS_CODE = public_enum(
    FreshnessCode,
    "Why a source isn't fresh.",
    NO_SOURCE="The metric has no source.",
    NOT_ASKED="Nobody asked it yet.",
    BEING_ASKED="It is being asked; what it says comes with a later answer.",
    DEADLINE="It hadn't answered when the deadline passed; it is still being asked.",
    TOO_OLD="Its last answer is older than the maximum age.",
    FAILED="It failed since it last answered; it is asked again at `nextRefreshAt`.",
    NEEDS_ATTENTION="It failed in a way that a person has to mend: it isn't asked before its "
    "settings change.",
)
PROGRESS_STATE = public_enum(
    ProgressState,
    "What kind of answer a progress is.",
    MEASURED="A number from 0 to 1.",
    REGRESSED="Worse than the baseline: raw is below 0, value is 0.",
    EXCEEDED="Better than the target: raw is above 1, value is 1.",
    NO_DATA="No number yet: data are missing. Value and raw are null.",
    INDETERMINATE="No number: something contradicts itself. Value and raw are null.",
)
REASON_CODE = public_enum(
    ReasonCode,
    "Why a number isn't there.",
    NO_METRIC="There is no metric to measure it by.",
    NO_SOURCE="The metric has no source.",
    SOURCE_FAILING="There never was a value, and the sources fail.",
    NO_OBSERVATION="Nothing was observed in the window.",
    NO_CYCLE="The window begins with a cycle, and no cycle was asked for.",
    WINDOW_ILLEGAL="The metric's aggregation can't answer this window.",
    NO_SAMPLE_SIZE="A weighted mean needs sample sizes.",
    NO_DENOMINATOR="A ratio needs a denominator other than 0.",
    NO_BASELINE="The key result has no baseline.",
    NO_TARGET="The key result doesn't say by how much.",
    NO_BOUNDS="The key result has no bounds.",
    BASELINE_IS_TARGET="Baseline and target are the same value.",
    NO_ITEMS="There is nothing to average.",
    NO_ITEM_WITH_VALUE="None of the counted items has a value.",
    ALL_WEIGHTS_ZERO="All counted items weigh 0.",
    CIRCULAR="It would count itself.",
    NO_MANUAL_VALUE="Nobody set the manual value yet.",
    NOTHING_NEEDED="The key result doesn't say how many values it needs.",
    GUARDRAIL="Guardrails aren't averaged in.",
    CANCELLED="It is cancelled.",
)
STATUS_CODE = public_enum(
    StatusCode,
    "How a key result or an objective stands; the policy decides the last three.",
    NOT_STARTED="The cycle hasn't begun.",
    NO_DATA="There is no progress to judge: silence is never green.",
    ACHIEVED="The target is reached.",
    MISSED="The cycle is over, and the target wasn't reached.",
    ON_TRACK="As far as expected.",
    AT_RISK="Somewhat behind, or capped by a breached guardrail.",
    OFF_TRACK="Far behind.",
)
HEALTH_STATE = public_enum(
    HealthState,
    "How a journey does by a success measure.",
    GOOD="It meets its long-term target.",
    IMPROVING="It comes nearer to it: better than 13 weeks before.",
    POOR="It neither meets its target nor improves.",
    UNKNOWN="Nothing to judge by: no value, or neither target nor change.",
)
DIVERGENCE = public_enum(
    Divergence,
    "How delivery and outcome of an opportunity contradict each other.",
    SHIPPED_NOT_MOVED="Something is released for 28 days, and the outcome is below 0.1.",
    MOVED_NOT_SHIPPED="Nothing is released, and the outcome is 0.3 or more.",
)
NODE_KIND = public_enum(
    Kind,
    "What a node is.",
    GOAL="What success means.",
    JOURNEY="A customer's path towards a goal.",
    STEP="A part of a journey's path.",
    INSIGHT="What was learned of customers.",
    OPPORTUNITY="An improvement to a journey or a step.",
    SOLUTION="What a team makes to address opportunities.",
    METRIC="A long-lived measure.",
    OBJECTIVE="What a team wants to be true by the end of a cycle.",
    KEY_RESULT="Who does what by how much.",
    CYCLE="A period that objectives are set for.",
    TEAM="A team.",
    MEMBER="A person of the company.",
    PERSONA="A kind of customer.",
    CONNECTION="A connector with its settings.",
    METRIC_SOURCE="Where a metric's values come from.",
)
MATCH_RANK = public_enum(
    MatchRank,
    "How well a node fits a search, the best first.",
    KEY="The text is its key.",
    TITLE_BEGINS="Its title begins with the text.",
    TITLE_WORDS="Each word of the text begins a word of its title.",
    ELSEWHERE="The words stand anywhere in its key, title, labels or description.",
)
