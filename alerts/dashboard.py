# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Makes dashboard.json, for Grafana 9 and later.

    python3 alerts/dashboard.py > alerts/dashboard.json

Every panel works on the lean set of metrics ([metrics] set = "lean"), too. Series of domains and MX hosts are aggregated over instances, so a domain checked by two agents counts once. The
agent's own series are shown per instance: the web port and the telemetry port of one agent export the same values.
"""

import json
import sys

UID = "mtasts-exporter"
DOCS = "https://github.com/mtasts-exporter/mtasts-exporter/blob/main/docs/findings.md#"
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
JOB = 'job=~"$job"'
DOMAIN = 'job=~"$job",domain="$domain"'
# The defaults of [check] expiry_warning and expiry_critical, and the shares of a certificate's lifetime.
WARNING_DAYS, CRITICAL_DAYS = 21, 7
WARNING_SHARE, CRITICAL_SHARE = 3, 10
DAY_SECONDS = 86400
GREEN, YELLOW, RED, PURPLE, BLUE, GREY = "green", "yellow", "red", "purple", "blue", "text"
SEVERITY_COLOURS = {"critical": RED, "warning": YELLOW, "unknown": PURPLE, "info": BLUE}
YES_NO = {0: ("no", RED), 1: ("yes", GREEN)}
WIDTH = 24
FEW_CHECKS = "30m"


# Grafana's JSON.

def target(expression, legend="", table=False):
    query = {"datasource": DATASOURCE, "editorMode": "code", "expr": expression, "legendFormat": legend or "__auto"}
    # Tables and single values show the latest value, other panels the range.
    return query | ({"format": "table", "instant": True, "range": False} if table else
                    {"format": "time_series", "instant": False, "range": True})


def instant(expression, legend=""):
    return target(expression, legend) | {"instant": True, "range": False}


def panel(kind, title, description, targets, width, height, **more):
    for place, query in enumerate(targets):
        query["refId"] = chr(ord("A") + place)
    fields = {"defaults": more.pop("defaults", {}), "overrides": more.pop("overrides", [])}
    return {"type": kind, "title": title, "description": description, "datasource": DATASOURCE, "targets": targets,
            "fieldConfig": fields, "gridPos": {"w": width, "h": height}, "options": more.pop("options", {}),
            "transformations": more.pop("transformations", [])}


def thresholds(*steps):
    """(lower bound, colour) pairs; the first bound is None."""
    return {"mode": "absolute", "steps": [{"color": colour, "value": value} for value, colour in steps]}


def mapping(texts):
    """Numbers shown as text: {value: (text, colour)}."""
    return [{"type": "value", "options": {str(value): {"text": text, "color": colour, "index": index}
                                          for index, (value, (text, colour)) in enumerate(texts.items())}}]


def override(field, **properties):
    return {"matcher": {"id": "byName", "options": field},
            "properties": [{"id": name.replace("__", "."), "value": value} for name, value in properties.items()]}


def fixed(colour):
    return {"mode": "fixed", "fixedColor": colour}


def stat(title, description, targets, width, height, defaults, overrides=(), text_mode="auto"):
    options = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}, "orientation": "auto",
               "textMode": text_mode, "colorMode": "value", "graphMode": "none", "justifyMode": "auto"}
    return panel("stat", title, description, targets, width, height, options=options, defaults=defaults,
                 overrides=list(overrides))


def graph(title, description, targets, width, height, unit, overrides=(), stacked=False, highest=None, lowest=0):
    custom = {"drawStyle": "line", "lineInterpolation": "stepAfter" if stacked else "linear", "lineWidth": 1,
              "fillOpacity": 30 if stacked else 0, "showPoints": "never", "spanNulls": False,
              "stacking": {"mode": "normal" if stacked else "none", "group": "A"}}
    defaults = {"unit": unit, "custom": custom, "min": lowest}
    if highest is not None:
        defaults["max"] = highest
    options = {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
               "tooltip": {"mode": "multi", "sort": "desc"}}
    return panel("timeseries", title, description, targets, width, height, options=options, defaults=defaults,
                 overrides=list(overrides))


def timeline(title, description, targets, width, height, texts):
    options = {"mergeValues": True, "showValue": "auto", "alignValue": "left", "rowHeight": 0.9,
               "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
               "tooltip": {"mode": "single", "sort": "none"}}
    defaults = {"mappings": mapping(texts), "color": {"mode": "thresholds"}, "thresholds": thresholds((None, GREY)),
                "custom": {"lineWidth": 0, "fillOpacity": 80}}
    return panel("state-timeline", title, description, targets, width, height, options=options, defaults=defaults)


def table(title, description, columns, width, height, key, sort_by, descending, hidden=(), overrides=()):
    """columns: name -> expression; one row per label set, `key`: the labels in order."""
    targets = [target(expression, table=True) for expression in columns.values()]
    # A single query produces a column "Value".
    values = ["Value"] if len(columns) == 1 else [f"Value #{chr(ord('A') + place)}" for place in range(len(columns))]
    names = dict(zip(values, columns))
    sorted_by = next((value for value, name in names.items() if name == sort_by), sort_by)
    transformations = [
        {"id": "merge", "options": {}},
        {"id": "sortBy", "options": {"fields": {}, "sort": [{"field": sorted_by, "desc": descending}]}},
        {"id": "organize", "options": {
            "excludeByName": {"Time": True} | {value: True for value, name in names.items() if name in hidden},
            "indexByName": {name: place for place, name in enumerate([*key, *values])},
            "renameByName": names}},
    ]
    options = {"showHeader": True, "cellHeight": "sm", "footer": {"show": False, "reducer": ["sum"], "fields": ""}}
    defaults = {"custom": {"align": "auto", "displayMode": "auto", "filterable": True}}
    return panel("table", title, description, targets, width, height, options=options, defaults=defaults,
                 overrides=list(overrides), transformations=transformations)


# The panels.

FINDING = "domain, code, severity, subject"


def findings(severity):
    return f'max by ({FINDING}) (mtasts_finding{{{JOB},severity="{severity}"}})'


def worst(severity):
    """The number of findings of each domain that has some."""
    return f"count by (domain) ({findings(severity)})"


def checked():
    return f"max by (domain) (mtasts_last_check_timestamp_seconds{{{JOB}}})"


def with_outcome(outcome):
    """The domains with this outcome: the worst severity of their findings, ignoring info."""
    order = ["critical", "warning", "unknown"]
    worse = order[:order.index(outcome)] if outcome in order else order
    here = f"({worst(outcome)} > 0)" if outcome in order else checked()
    return " unless ".join([here, *(f"({worst(severity)} > 0)" for severity in worse)])


def number_of(vector):
    return f"count({vector}) or vector(0)"


def findings_rows(selector):
    weights = {"critical": 3, "warning": 2, "unknown": 1}
    return " or ".join(f'max by ({FINDING}) (mtasts_finding{{{selector},severity="{severity}"}}) * {weight}'
                       for severity, weight in weights.items())


def severity_cells():
    options = {severity: {"text": severity, "color": colour, "index": place}
               for place, (severity, colour) in enumerate(SEVERITY_COLOURS.items())}
    return override("severity", mappings=[{"type": "value", "options": options}], custom__displayMode="color-text",
                    custom__width=100)


def code_link():
    links = [{"title": "Meaning and fix", "url": DOCS + "${__value.raw}", "targetBlank": True}]
    return override("code", links=links)


def expiry_state(prefix, by):
    """0 good, 1 warning, 2 critical, 3 expired: by days and by share of the certificate's lifetime; if an intermediate
    expires first, there is no lifetime, and only the days count."""
    left = f"min by ({by}) ({prefix}_expiry_timestamp_seconds{{{JOB}}}) - time()"
    lifetime = f"min by ({by}) ({prefix}_lifetime_seconds{{{JOB}}})"
    steps = []
    for days, share in ((WARNING_DAYS, WARNING_SHARE), (CRITICAL_DAYS, CRITICAL_SHARE)):
        limit = days * DAY_SECONDS
        steps.append(f"(({left} < bool clamp_max({lifetime} / {share}, {limit})) or ({left} < bool {limit}))")
    return " + ".join([*steps, f"({left} < bool 0)"])


def trusted(by):
    """1, or 0 where a finding says that senders reject the certificate."""
    family, alert = {"domain": ("mtasts_fault", "MtastsPolicyCertificateInvalid"),
                     "mx": ("mtasts_mx_fault", "MtastsMxCertificateInvalid")}[by]
    prefix = {"domain": "mtasts_policy_certificate", "mx": "mtasts_mx_certificate"}[by]
    rejected = f'{family}{{{JOB},alert="{alert}",seen="now",code!~"cert-weak-key|cert-differs-by-ip"}}'
    return (f"0 * max by ({by}) ({rejected}) or "
            f"1 + 0 * min by ({by}) ({prefix}_expiry_timestamp_seconds{{{JOB}}})")


EXPIRY_TEXTS = {0: ("good", GREEN), 1: ("expiring", YELLOW), 2: ("expiring, critical", RED), 3: ("expired", RED)}


def expiry_table(title, description, prefix, by):
    columns = {
        "state": expiry_state(prefix, by),
        "left": f"(min by ({by}) ({prefix}_expiry_timestamp_seconds{{{JOB}}}) - time()) / {DAY_SECONDS}",
        "lifetime": f"min by ({by}) ({prefix}_lifetime_seconds{{{JOB}}}) / {DAY_SECONDS}",
        "trusted": trusted(by),
    }
    overrides = [override("state", mappings=mapping(EXPIRY_TEXTS), custom__displayMode="color-background"),
                 override("trusted", mappings=mapping(YES_NO), custom__displayMode="color-background")]
    overrides += [override(name, unit="d", decimals=1) for name in ("left", "lifetime")]
    return table(title, description, columns, 12, 9, [by], "left", False, overrides=overrides)


def overview():
    outcomes = {"critical": RED, "warning": YELLOW, "unknown": PURPLE, "ok": GREEN}
    counts = {outcome: number_of(with_outcome(outcome)) for outcome in outcomes}
    number = {severity: number_of(findings(severity)) for severity in SEVERITY_COLOURS}
    weighted = " or ".join(f"{findings(severity)} * {weight}"
                           for severity, weight in (("critical", "1e6"), ("warning", "1e3"), ("unknown", "1")))
    severity_colours = [override(severity, color=fixed(colour)) for severity, colour in SEVERITY_COLOURS.items()]
    waiting = number_of(f"count by (domain) (mtasts_domain_info{{{JOB}}}) unless {checked()}")
    colours = [override(outcome, color=fixed(colour)) for outcome, colour in outcomes.items()]
    columns = {
        "score": f"topk(100, sum by (domain) ({weighted}))",
        **{severity: f"{worst(severity)} or 0 * {checked()}" for severity in ("critical", "warning", "unknown")},
        "mode": mode_number(f"{JOB}"),
        "last check": f"time() - {checked()}",
    }
    # Only domains of the first column.
    columns |= {name: f"({expression}) and on (domain) ({columns['score']})"
                for name, expression in columns.items() if name != "score"}
    marks = [override(severity, thresholds=thresholds((None, "transparent"), (1, SEVERITY_COLOURS[severity])),
                      custom__displayMode="color-background") for severity in ("critical", "warning", "unknown")]
    domain_link = [{"title": "Show this domain", "targetBlank": False, "url": f"/d/{UID}?var-domain=${{__value.raw}}"
                    "&${datasource:queryparam}&${job:queryparam}&${__url_time_range}"}]
    return row("Overview"), [
        stat("Domains by outcome", "Each domain counts once, by its worst open finding. Waiting: not checked yet.",
             [instant(expression, outcome) for outcome, expression in counts.items()] + [instant(waiting, "waiting")],
             12, 4, {"unit": "short", "decimals": 0}, [*colours, override("waiting", color=fixed(GREY))]),
        stat("Open findings by severity",
             "Over all domains. Unknown: could not be observed; never a fault of the domain.",
             [instant(expression, severity) for severity, expression in number.items()],
             12, 4, {"unit": "short", "decimals": 0}, severity_colours),
        graph("Domains by outcome over time", "Each domain counts once, by its worst open finding.",
              [target(expression, outcome) for outcome, expression in counts.items()], 12, 8, "short", colours,
              stacked=True),
        graph("Open findings over time", "Over all domains, by severity.",
              [target(expression, severity) for severity, expression in number.items()], 12, 8, "short",
              severity_colours),
        table("Worst domains", "Domains with open findings, worst first, at most 100. Critical: senders do not "
              "deliver, or ignore the policy.", columns, 12, 11, ["domain"], "score", True, hidden=("score",),
              overrides=[*marks, override("mode", mappings=mapping(MODES)),
                         override("last check", unit="s", decimals=0), override("domain", links=domain_link)]),
        table("Open findings", "Worst first, at most 200. Each code links to its meaning and fix.",
              {"weight": f"topk(200, {findings_rows(JOB)})"}, 12, 11, ["severity", "domain", "code", "subject"],
              "weight", True, hidden=("weight",), overrides=[severity_cells(), code_link()]),
    ]


MODES = {0: ("none", GREY), 1: ("testing", YELLOW), 2: ("enforce", GREEN)}


def mode_number(selector):
    """2 enforce, 1 testing, 0 none."""
    return " or ".join(f'{number} * max by (domain) (mtasts_policy_info{{{selector},mode="{mode}"}})'
                       for number, (mode, _) in reversed(MODES.items()))


def expiry():
    limits = (f"Expiring: less than {WARNING_DAYS} days and less than 1/{WARNING_SHARE} of the lifetime left; "
              f"critical: {CRITICAL_DAYS} days and 1/{CRITICAL_SHARE}. An intermediate that expires before the "
              "certificate is judged only by days, and no lifetime is shown. Trusted: no finding says that senders reject it.")
    return row("Certificates"), [
        expiry_table("Policy host certificates", f"Certificates of mta-sts.DOMAIN, earliest expiry first. {limits}",
                     "mtasts_policy_certificate", "domain"),
        expiry_table("MX certificates", f"The worst address of each MX host, earliest expiry first. {limits}",
                     "mtasts_mx_certificate", "mx"),
    ]


STAGE_TEXTS = {0: ("fail", RED), 1: ("pass", GREEN), 2: ("unknown", PURPLE)}


def stages():
    """The stages with a fault, and those that are not seen; the others pass, or do not apply."""
    here = f'max by (stage) (mtasts_fault{{{DOMAIN},seen="now"}})'
    hosts = f'max by (stage) (mtasts_mx_fault{{{JOB},seen="now"}} and on (mx) mtasts_mx_covered{{{DOMAIN}}})'
    last = f"scalar(max(mtasts_last_check_timestamp_seconds{{{DOMAIN}}}))"
    unseen = f"max by (stage) (mtasts_stage_unseen_since_timestamp_seconds{{{DOMAIN}}} < {last})"
    others = f"max(mtasts_last_check_timestamp_seconds{{{DOMAIN}}})"
    return (f"0 * {here} or 0 * {hosts} or 2 + 0 * {unseen} or "
            f'label_replace(1 + 0 * {others}, "stage", "all others", "", "")')


def hosts_of_domain(expression):
    return f"({expression}) and on (mx) mtasts_mx_covered{{{DOMAIN}}}"


def record_id():
    return f'max by (id) (mtasts_policy_info{{{DOMAIN},id!=""}})'


def domain_row():
    covered = f"max by (mx) (mtasts_mx_covered{{{DOMAIN}}})"
    matrix = {"covered": covered}
    for name, metric in (("reachable", "mtasts_mx_reachable"), ("STARTTLS", "mtasts_mx_starttls")):
        matrix[name] = hosts_of_domain(f"min by (mx) ({metric}{{{JOB}}})")
    matrix["certificate"] = hosts_of_domain(trusted("mx"))
    matrix["DANE"] = hosts_of_domain(f"min by (mx) (mtasts_mx_dane_verified{{{JOB}}})")
    matrix["expiry"] = hosts_of_domain(expiry_state("mtasts_mx_certificate", "mx"))
    end = f"min by (mx) (mtasts_mx_certificate_expiry_timestamp_seconds{{{JOB}}})"
    matrix["left"] = hosts_of_domain(f"({end} - time()) / {DAY_SECONDS}")
    matrix["last probe"] = hosts_of_domain(f"time() - max by (mx) (mtasts_mx_last_probe_timestamp_seconds{{{JOB}}})")
    cells = [override(name, mappings=mapping(YES_NO), custom__displayMode="color-background")
             for name in ("covered", "reachable", "STARTTLS", "certificate", "DANE")]
    cells += [override("expiry", mappings=mapping(EXPIRY_TEXTS), custom__displayMode="color-background"),
              override("left", unit="d", decimals=1), override("last probe", unit="s", decimals=0)]
    never = [{"type": "value", "options": {"0": {"text": "never", "index": 0}}}]
    nothing = [{"type": "value", "options": {"0": {"text": "none", "color": GREEN, "index": 0}}}]
    plain = thresholds((None, GREY))
    changes = {"record": "mtasts_record", "policy": "mtasts_policy", "MX": "mtasts_mx"}
    return row("Domain: $domain", repeat="domain"), [
        stat("Mode", "Mode of the policy that is published now.", [instant(mode_number(DOMAIN))], 3, 4,
             {"mappings": mapping(MODES), "thresholds": plain}),
        stat("Record id", "Id in the _mta-sts TXT record.",
             [instant(record_id(), "{{id}}")], 5, 4, {"thresholds": plain},
             text_mode="name"),
        stat("max_age", "How long senders may cache the policy.",
             [instant(f"max(mtasts_policy_max_age_seconds{{{DOMAIN}}})")], 3, 4, {"unit": "s", "thresholds": plain}),
        stat("Old policies until", "The latest time at which a sender may still hold a policy other than the current one. "
             "Until then, keep the MX hosts of that policy in service.",
             [instant(f"max(mtasts_policy_cache_expiry_timestamp_seconds{{{DOMAIN}}}) * 1000")], 5, 4,
             {"unit": "dateTimeAsIso", "mappings": nothing, "thresholds": thresholds((None, YELLOW))}),
        stat("Last changes", "When the agent last detected a change of record id, policy or set of MX hosts.",
             [instant(f"max({prefix}_last_change_timestamp_seconds{{{DOMAIN}}}) * 1000", name)
              for name, prefix in changes.items()], 8, 4,
             {"unit": "dateTimeFromNow", "mappings": never, "thresholds": plain}),
        timeline("Stages", "Stages with a fault (fail), and stages that the last check could not observe (unknown). All others "
                 "pass, or do not apply.", [target(stages(), "{{stage}}")], 16, 9, STAGE_TEXTS),
        stat("Last check",
             "Age of the last check, and the HTTP status of the policy URL (only 200 is valid).",
             [instant(f"time() - max(mtasts_last_check_timestamp_seconds{{{DOMAIN}}})", "age"),
              instant(f"max(mtasts_policy_http_status_code{{{DOMAIN}}})", "HTTP status")], 8, 9,
             {"unit": "s", "thresholds": plain},
             [override("HTTP status", unit="none", thresholds=thresholds((None, RED), (200, GREEN), (201, RED)))]),
        timeline("Mode over time", "Mode of the served policy.", [target(mode_number(DOMAIN), "mode")], 8, 5, MODES),
        timeline("Record id over time", "One row per id.",
                 [target(record_id(), "{{id}}")], 8, 5, {1: ("published", BLUE)}),
        graph("Changes", "Changes detected within a day.",
              [target(f"max(changes({prefix}_last_change_timestamp_seconds{{{DOMAIN}}}[1d]))", name)
               for name, prefix in changes.items()],
              8, 5, "short"),
        table("MX hosts", "Covered: a pattern of the policy matches. The other columns show the worst address of the "
              "host. Empty: unknown, for example because the agent cannot connect to port 25. DANE: the TLSA records match; "
              "empty where there are none.", matrix, 12, 8, ["mx"], "mx",
              False, overrides=cells),
        table("Findings", "Open findings of this domain, worst first. Each code links to its meaning and fix.",
              {"weight": findings_rows(DOMAIN)}, 12, 8, ["severity", "code", "subject"], "weight", True,
              hidden=("weight", "domain"), overrides=[severity_cells(), code_link()]),
        graph("Reported failure ratio", "Share of failed sessions in the TLS reports of the window, of the policy type with the "
              "highest share. Under 1 % is normal, over 5 % needs action. Small numbers are judged by the findings.",
              [target(f"max by (domain) (tlsrpt_failure_ratio{{{DOMAIN}}})", "failed")], 8, 7, "percentunit"),
        graph("Reported failures by type", "Failed sessions in the failure details of the TLS reports of the window.",
              [target(f"max by (result_type) (tlsrpt_window_failures{{{DOMAIN}}})", "{{result_type}}")],
              8, 7, "short"),
        stat("TLS reports", "Organizations that reported in the window, and the age of the latest report's end. Senders "
             "report once a day, so a day and a half is usual.",
             [instant(f"max(tlsrpt_reporters{{{DOMAIN}}})", "reporters"),
              instant(f"time() - max(tlsrpt_last_report_timestamp_seconds{{{DOMAIN}}})", "latest report")], 8, 7,
             {"unit": "s", "thresholds": plain}, [override("reporters", unit="none")]),
    ]


def reports_row():
    sessions = f"max by (domain, policy_type) (tlsrpt_window_sessions{{{JOB}}})"
    failures = f"max by (domain, result_type) (tlsrpt_window_failures{{{JOB}}})"
    columns = {"ratio": f"topk(100, max by (domain) (tlsrpt_failure_ratio{{{JOB}}}))",
               "reporters": f"max by (domain) (tlsrpt_reporters{{{JOB}}})",
               "latest report": f"time() - max by (domain) (tlsrpt_last_report_timestamp_seconds{{{JOB}}})"}
    bands = thresholds((None, "transparent"), (0.01, YELLOW), (0.05, RED))
    return row("TLS reports"), [
        table("Failure ratio", "Share of failed sessions in the TLS reports of the window, highest first, at most 100. Under "
              "1 % is normal, over 5 % needs action.", columns, 12, 9, ["domain"], "ratio", True,
              overrides=[override("ratio", unit="percentunit", decimals=2, thresholds=bands,
                                  custom__displayMode="color-background"),
                         override("latest report", unit="s", decimals=0)]),
        graph("Reported sessions", "Sessions in the TLS reports of the window, over all domains, by policy type, and those that "
              "failed, by result type. A session under two policies counts in both types.",
              [target(f"sum by (policy_type) ({sessions})", "{{policy_type}}"),
               target(f"sum by (result_type) ({failures})", "failed: {{result_type}}")],
              12, 9, "short"),
        graph("Rejected reports", "Within a day, by reason.",
              [target(f"max by (reason) (increase(tlsrpt_reports_rejected_total{{{JOB}}}[1d]))", "{{reason}}")],
              8, 7, "short"),
        graph("Mailbox", "Time since the mailbox was read without an error.",
              [target(f"time() - (max by (instance) (tlsrpt_mailbox_last_success_timestamp_seconds{{{JOB}}}) > 0)",
                      "{{instance}}")], 8, 7, "s"),
        graph("Waiting submissions", "Submissions that are stored and not read yet, and mailbox polls that failed within an "
              "hour.",
              [target(f"max by (instance) (tlsrpt_spool_entries{{{JOB}}})", "waiting {{instance}}"),
               target(f"max by (instance) (increase(tlsrpt_mailbox_failures_total{{{JOB}}}[1h]))",
                      "failed polls {{instance}}")], 8, 7, "short"),
    ]


def publishing_row():
    phase = f'max by (domain, phase) (mtasts_policy_info{{{JOB},phase!=""}})'
    ready = f'max by (domain) (mtasts_finding{{{JOB},code="sts-ready-for-next-phase"}})'
    # Every shard and replica serves all policies: the highest of several equal values, but the sum of their requests.
    hosted = f"max by (domain, id) (mtasts_hosted_policy_info{{{JOB}}})"
    asked = f"sum by (domain) (increase(mtasts_hosted_policy_requests_total{{{JOB}}}[1d]))"
    published = f"max by (domain, id) (mtasts_policy_info{{{JOB}}})"
    columns = {"requests": f"topk(100, {hosted} * on (domain) group_left () {asked})",
               "id published": f"({hosted} and on (domain, id) {published}) or ({hosted} * 0 and on (domain) {checked()})"}
    return row("Publishing"), [
        graph("Rollout", "Domains by phase: mode testing with a short max_age, then longer, then enforce.",
              [target(f"sum by (phase) ({phase})", "{{phase}}")], 12, 8, "short", stacked=True),
        table("Ready for the next step", "Domains whose next step is due, with nothing that speaks against it, at most 100; "
              "`mtasts-exporter plan enforce DOMAIN` says what to publish.",
              {"ready": f"topk(100, {phase} and on (domain) {ready})"}, 12, 8, ["domain", "phase"],
              "domain", False, overrides=[override("ready", mappings=mapping(YES_NO))]),
        table("Hosted policies", "Policies that the agent serves, most requested first, at most 100, with the requests of a "
              "day. Id published: the TXT record has the id of the policy; empty if nothing checks the domain.",
              columns, 12, 9, ["domain", "id"], "requests", True,
              overrides=[override("requests", unit="short", decimals=0),
                         override("id published", mappings=mapping(YES_NO), custom__displayMode="color-background")]),
        graph("Requests for hosted policies", "Per second, by the program that asks, and those that got no policy, by reason.",
              [target(rate("mtasts_hosted_policy_requests_by_agent_total", "agent"), "{{agent}}"),
               target(rate("mtasts_hosted_policy_rejected_requests_total", "reason"), "rejected: {{reason}}")],
              12, 9, "reqps"),
    ]


def rate(metric, by="instance", window="$__rate_interval"):
    return f"sum by ({by}) (rate({metric}{{{JOB}}}[{window}]))"


def agent_row():
    # With few domains there are few checks: shares and quantiles need a longer window.
    phases = rate("mtasts_phase_duration_seconds_bucket", "le, phase", FEW_CHECKS)
    inconclusive = (rate("mtasts_checks_inconclusive_total", window=FEW_CHECKS),
                    rate("mtasts_checks_total", window=FEW_CHECKS))
    by_instance = "{{instance}}"
    return row("Agent"), [
        timeline("Channels", "Dead: neither hosts nor canaries answer the agent; findings on the channel are unknown.", [target(f"min by (channel) (mtasts_channel_alive{{{JOB}}})", "{{channel}}")], 8, 6,
                 {0: ("dead", RED), 1: ("alive", GREEN)}),
        timeline("Settings and state",
                 "Reload: the last load of the settings succeeded. State: the state file can be written.",
                 [target(f"min(mtasts_exporter_config_last_reload_successful{{{JOB}}})", "reload"),
                  target(f"min(mtasts_state_writable{{{JOB}}})", "state")], 8, 6, YES_NO),
        stat("Shards and versions", "Configured shards, running shards, and the number of different settings and versions "
             "in use.",
             [instant(f"max(mtasts_shards{{{JOB}}})", "shards"),
              instant(f'count(count_values("ordinal", mtasts_shard_ordinal{{{JOB}}}))', "shards running"),
              instant(f'count(count_values("hash", mtasts_exporter_config_hash{{{JOB}}}))', "settings"),
              instant(f"count(count by (version, revision) (mtasts_exporter_build_info{{{JOB}}}))", "versions")],
             8, 6, {"unit": "short", "decimals": 0, "thresholds": thresholds((None, GREY))}),
        graph("Checks", "Completed domain checks per second.", [target(rate("mtasts_checks_total"), by_instance)],
              8, 7, "ops"),
        graph("Inconclusive checks", f"Share of the checks within {FEW_CHECKS} whose outcome was unknown.",
              [target(" / ".join(inconclusive), by_instance)], 8, 7, "percentunit", highest=1),
        graph("Queue", "Checks in progress, and checks that are due and waiting.",
              [target(f"max by (instance) (mtasts_checks_in_flight{{{JOB}}})", "running {{instance}}"),
               target(f"max by (instance) (mtasts_check_queue_length{{{JOB}}})", "waiting {{instance}}")],
              8, 7, "short"),
        graph("Lag", "Delay of the most overdue check.",
              [target(f"max by (instance) (mtasts_check_lag_seconds{{{JOB}}})", by_instance)], 8, 7, "s"),
        graph("Duration of phases",
              f"Median and 95th percentile over {FEW_CHECKS}: DNS lookups, policy fetches, SMTP probes, whole checks.",
              [target(f"histogram_quantile(0.5, {phases})", "{{phase}} p50"),
               target(f"histogram_quantile(0.95, {phases})", "{{phase}} p95")], 8, 7, "s"),
        graph("DNS queries", "Queries per second by record type, and failed queries by reason.",
              [target(rate("mtasts_dns_queries_total", "type"), "{{type}}"),
               target(rate("mtasts_dns_query_failures_total", "reason"), "failed: {{reason}}")], 8, 7, "reqps"),
        graph("Memory", "Resident memory.",
              [target(f"max by (instance) (process_resident_memory_bytes{{{JOB}}})", by_instance)], 8, 7, "bytes"),
        graph("CPU", "CPU cores in use.", [target(rate("process_cpu_seconds_total"), by_instance)], 8, 7, "none"),
        graph("File descriptors", "Open file descriptors as a share of the limit.",
              [target(f"max by (instance) (process_open_fds{{{JOB}}} / process_max_fds{{{JOB}}})", by_instance)],
              8, 7, "percentunit", highest=1),
    ]


# The dashboard.

def row(title, repeat=None):
    made = {"type": "row", "title": title, "collapsed": False, "panels": [], "gridPos": {"w": WIDTH, "h": 1}}
    return made | ({"repeat": repeat} if repeat else {})


def laid_out(sections):
    """All panels in order, each with its position and id."""
    placed = []
    top = 0
    for head, panels in sections:
        head["gridPos"] |= {"x": 0, "y": top}
        placed.append(head)
        top += 1
        left_edge, tallest = 0, 0
        for one in panels:
            if left_edge + one["gridPos"]["w"] > WIDTH:
                top, left_edge, tallest = top + tallest, 0, 0
            one["gridPos"] |= {"x": left_edge, "y": top}
            left_edge += one["gridPos"]["w"]
            tallest = max(tallest, one["gridPos"]["h"])
            placed.append(one)
        top += tallest
    for number, one in enumerate(placed, start=1):
        one["id"] = number
    return placed


def query_variable(name, label, query, many):
    return {"name": name, "label": label, "type": "query", "datasource": DATASOURCE, "definition": query,
            "query": {"query": query, "refId": f"variable-{name}"}, "refresh": 2, "sort": 1, "multi": True,
            "includeAll": many, "allValue": ".+" if many else None, "hide": 0, "options": [], "regex": "",
            "current": {"selected": True, "text": ["All"], "value": ["$__all"]} if many else {}}


def dashboard():
    variables = [
        {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "refresh": 1,
         "hide": 0, "includeAll": False, "multi": False, "options": [], "regex": "", "current": {}},
        # Jobs that scrape the web port; the telemetry port exports no domains.
        query_variable("job", "Job", "label_values(mtasts_domain_info, job)", many=True),
        query_variable("domain", "Domain", f"label_values(mtasts_domain_info{{{JOB}}}, domain)", many=False),
    ]
    return {
        "uid": UID, "title": "MTA-STS", "tags": ["mta-sts", "mail", "tls"], "editable": True, "graphTooltip": 1,
        "description": "MTA-STS of mail domains as sending mail servers see it, by mtasts-exporter.",
        "schemaVersion": 37, "version": 1, "style": "dark", "timezone": "browser", "refresh": "1m", "id": None,
        "time": {"from": "now-24h", "to": "now"}, "timepicker": {}, "fiscalYearStartMonth": 0, "liveNow": False,
        "weekStart": "", "links": [], "annotations": {"list": []}, "templating": {"list": variables},
        "panels": laid_out([overview(), expiry(), reports_row(), publishing_row(), domain_row(), agent_row()]),
    }


if __name__ == "__main__":
    json.dump(dashboard(), sys.stdout, indent=2, ensure_ascii=False)
    print()
