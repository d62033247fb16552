"""The connectors that come with the product, one file a source; each imports only the SDK.

files and rows: csv_file, csv_http, s3, google_sheets, json_http, singer, webhook (what is posted);
databases and warehouses: sql, bigquery, databricks, snowflake; semantic layers: cube,
dbt_semantic_layer; time series: prometheus, influxdb; surveys: delighted, intercom, medallia,
qualtrics, surveymonkey, typeform, zendesk; analytics: adobe_analytics, amplitude, ga4, matomo,
mixpanel, plausible, posthog; work and customers: github, hubspot, jira, salesforce; rehearsal (a
source that misbehaves on purpose).
"""
