"""Every metric, with one sentence each. Base units, one prefix, never a URL, title or rule text as a label."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()
"""The registry that /metrics shows: ours alone, so that a library's metrics come in only by choice."""

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600)

BUILD_INFO = Gauge("tocsin_build_info", "Constant 1; the version is a label.", ["version"], registry=REGISTRY)
EVENT_LOOP_LAG = Gauge("tocsin_event_loop_lag_seconds", "How late the event loop last woke.", registry=REGISTRY)

FETCHES = Counter("tocsin_fetches_total", "Feeds fetched, by what came of it.", ["outcome"], registry=REGISTRY)
FETCH_SECONDS = Histogram(
    "tocsin_fetch_seconds", "Time of one fetch, redirects included.", buckets=SECONDS, registry=REGISTRY
)
PARSE_SECONDS = Histogram("tocsin_parse_seconds", "Time to parse one feed.", buckets=SECONDS, registry=REGISTRY)
FEEDS = Gauge("tocsin_feeds", "Feeds subscribed to, by state.", ["state"], registry=REGISTRY)
ARTICLES_PUBLISHED = Counter("tocsin_articles_published_total", "New articles put on the topic.", registry=REGISTRY)
PUBLISHED_TO_FETCHED = Histogram(
    "tocsin_published_to_fetched_seconds",
    "Age of a new article when it was fetched.",
    buckets=(*SECONDS, 7200, 21600, 86400),
    registry=REGISTRY,
)
FETCH_LAST_SUCCESS = Gauge(
    "tocsin_fetch_last_success_timestamp_seconds", "When any feed was last fetched well.", registry=REGISTRY
)

RECORDS = Counter("tocsin_records_total", "Records read from a topic and done with.", ["topic"], registry=REGISTRY)
RECORD_SECONDS = Histogram(
    "tocsin_record_seconds",
    "Time from taking up a record to its offset being free to commit.",
    ["topic"],
    buckets=SECONDS,
    registry=REGISTRY,
)
DEAD_LETTERS = Counter("tocsin_dead_letters_total", "Records put to dead-letters.", ["topic"], registry=REGISTRY)
CONSUMER_LAG = Gauge(
    "tocsin_consumer_lag_records",
    "Records behind the end of a partition.",
    ["topic", "partition", "group"],
    registry=REGISTRY,
)
EVENTS = Counter("tocsin_events_total", "Events found in articles.", ["type", "status"], registry=REGISTRY)
DEFINITIONS_REJECTED = Gauge(
    "tocsin_definitions_rejected",
    "1 while the definitions folder has errors and its last good state is in force.",
    registry=REGISTRY,
)
DETECT_SECONDS = Histogram("tocsin_detect_seconds", "Time to detect one article.", buckets=SECONDS, registry=REGISTRY)

MATCH_SECONDS = Histogram(
    "tocsin_match_seconds", "Time to match one article with all rules.", buckets=SECONDS, registry=REGISTRY
)
RULES = Gauge("tocsin_rules", "Rules in force.", registry=REGISTRY)
RULES_REJECTED = Gauge(
    "tocsin_rules_rejected", "1 while a rules file has errors and its last good ones are in force.", registry=REGISTRY
)
ALERTS = Counter("tocsin_alerts_total", "Alerts stored, by severity.", ["severity"], registry=REGISTRY)
FETCHED_TO_ALERT = Histogram(
    "tocsin_fetched_to_alert_seconds", "Time from fetch to the stored alert.", buckets=SECONDS, registry=REGISTRY
)

ATTEMPTS = Counter(
    "tocsin_delivery_attempts_total",
    "Delivery attempts, by kind of channel and outcome.",
    ["channel", "outcome"],
    registry=REGISTRY,
)
ATTEMPT_SECONDS = Histogram(
    "tocsin_delivery_attempt_seconds", "Time of one delivery attempt.", ["channel"], buckets=SECONDS, registry=REGISTRY
)
DELIVERIES_WAITING = Gauge("tocsin_deliveries_waiting", "Deliveries that are due or will be.", registry=REGISTRY)
ALERT_TO_ATTEMPT = Histogram(
    "tocsin_alert_to_first_attempt_seconds",
    "Time from the stored alert to its first attempt.",
    buckets=SECONDS,
    registry=REGISTRY,
)
