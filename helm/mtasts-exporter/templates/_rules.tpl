{{- /*
SPDX-License-Identifier: Apache-2.0
SPDX-FileCopyrightText: The mtasts-exporter authors
*/ -}}
{{- /* The rules with their thresholds, as text. An empty threshold is the default one. */}}
{{- define "mtasts-exporter.rules.text" -}}
{{- $thresholds := dict "certificateWarningDays" 21 "certificateWarningShare" 3 "certificateCriticalDays" 7 }}
{{- $thresholds = merge $thresholds (dict "certificateCriticalShare" 10 "checkStaleSeconds" 3600 "checkBacklogSeconds" 600) }}
{{- $text := .Files.Get "files/mtasts.rules.yaml" }}
{{- range $word, $number := $thresholds }}
{{- $own := get (default dict $.Values.prometheusRule.thresholds) $word }}
{{- $text = replace (printf "@%s@" $word) (toJson (default $number $own)) $text }}
{{- end }}
{{- with regexFind "@[A-Za-z0-9_]+@" $text }}
{{- fail (printf "files/mtasts.rules.yaml: prometheusRule.thresholds has nothing for %s" .) }}
{{- end }}
{{- $text }}
{{- end }}

{{- /* dict "rule" … (the values) "groups" … */}}
{{- define "mtasts-exporter.rules.check" -}}
{{- if ne (len (uniq (values .rule.severities))) 3 }}
{{- fail "prometheusRule.severities: each severity needs a name of its own" }}
{{- end }}
{{- $severities := dict }}
{{- $names := list }}
{{- range .groups }}
{{- $names = append $names .name }}
{{- range .rules }}
{{- with .alert }}{{ $_ := set $severities . list }}{{ end }}
{{- end }}
{{- end }}
{{- range .groups }}
{{- range .rules }}
{{- if .alert }}{{ $_ := set $severities .alert (append (get $severities .alert) .labels.severity) }}{{ end }}
{{- end }}
{{- end }}
{{- range $alert, $said := .rule.alerts }}
{{- $has := default list (get $severities $alert) }}
{{- range $severity := list "critical" "warning" "info" }}
{{- if and (get (default dict $said) $severity) (not (has $severity $has)) }}
{{- fail (printf "prometheusRule.alerts.%s.%s: this alert has no such severity, but %s" $alert $severity (join " and " $has)) }}
{{- end }}
{{- end }}
{{- end }}
{{- range .rule.extraGroups }}
{{- if has .name $names }}
{{- fail (printf "prometheusRule.extraGroups: there is a group %s already; call it otherwise" .name) }}
{{- end }}
{{- $names = append $names .name }}
{{- end }}
{{- end }}

{{- /* One alert with the values applied, as JSON; nothing if it is disabled. dict "rule" … (the values) "alert" … */}}
{{- define "mtasts-exporter.rules.alert" -}}
{{- $one := .alert }}
{{- $severity := $one.labels.severity }}
{{- $all := default dict (get (default dict .rule.alerts) $one.alert) }}
{{- $this := default dict (get $all $severity) }}
{{- /* Alerts about what could be better are off by default. */}}
{{- $enabled := ne $one.alert "MtastsReadyForNextPhase" }}
{{- range $said := list $all $this }}
{{- if hasKey $said "enabled" }}{{ $enabled = $said.enabled }}{{ end }}
{{- end }}
{{- if $enabled }}
{{- /* Values of a severity take precedence over those of the alert. */}}
{{- $change := merge (dict "labels" dict "annotations" dict) $this $all }}
{{- $called := default (get .rule.severities $severity) $change.severity }}
{{- /* Expressions select ALERTS by name and severity. */}}
{{- $held := printf "(ALERTS\\{[^}]*alertname=\"%s\"[^}]*severity=\")%s\"" $one.alert $severity }}
{{- $expr := regexReplaceAll $held $one.expr (printf "${1}%s\"" $called) }}
{{- $labels := merge (dict "severity" $called) $change.labels (default dict .rule.extraLabels) $one.labels }}
{{- $annotations := merge (dict) $change.annotations (default dict .rule.extraAnnotations) $one.annotations }}
{{- with .rule.runbookUrl }}
{{- if not (hasKey $change.annotations "runbook_url") }}
{{- $_ := set $annotations "runbook_url" (printf "%s/%s" (trimSuffix "/" .) (base $one.annotations.runbook_url)) }}
{{- end }}
{{- end }}
{{- $made := dict "alert" $one.alert "expr" $expr "labels" $labels "annotations" $annotations }}
{{- with default (get $one "for") (get $change "for") }}
{{- $_ := set $made "for" . }}
{{- end }}
{{- toJson $made }}
{{- end }}
{{- end }}
