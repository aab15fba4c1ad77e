{{- /*
SPDX-License-Identifier: Apache-2.0
SPDX-FileCopyrightText: The mtasts-exporter authors
*/ -}}
{{- /* Checks that the JSON schema cannot express. */}}
{{- define "mtasts-exporter.check" -}}
{{- include "mtasts-exporter.check.settings" . }}
{{- include "mtasts-exporter.check.pods" . }}
{{- include "mtasts-exporter.check.sidecar" . }}
{{- include "mtasts-exporter.check.service" . }}
{{- include "mtasts-exporter.check.monitors" . }}
{{- include "mtasts-exporter.check.web" . }}
{{- include "mtasts-exporter.check.reports" . }}
{{- include "mtasts-exporter.check.policyHost" . }}
{{- end }}

{{- define "mtasts-exporter.check.settings" -}}
{{- $own := or .Values.domains .Values.domainFiles }}
{{- $theirs := or .Values.existingConfigMap .Values.existingSecret }}
{{- if and .Values.existingConfigMap .Values.existingSecret }}
{{- fail "existingConfigMap, existingSecret: set only one of them" }}
{{- end }}
{{- if and $theirs (or $own .Values.settings) }}
{{- fail "domains, domainFiles, settings: cannot be combined with existingConfigMap or existingSecret" }}
{{- end }}
{{- if and $theirs .Values.extraDomainFiles }}
{{- fail "extraDomainFiles: cannot be combined with existingConfigMap or existingSecret; use extraVolumes, and name the files in domain_files of your settings" }}
{{- end }}
{{- range .Values.extraDomainFiles }}
{{- if eq (empty .configMap) (empty .secret) }}
{{- fail "extraDomainFiles: each entry needs either configMap or secret" }}
{{- end }}
{{- end }}
{{- if not (or $own $theirs .Values.extraDomainFiles) }}
{{- fail "domains: set at least one mail domain, for example --set 'domains={example.com}'" }}
{{- end }}
{{- $names := list }}
{{- range .Values.domains }}
{{- if kindIs "map" . }}
{{- $name := lower .name | trimSuffix "." }}
{{- if has $name $names }}
{{- fail (printf "domains: %s appears twice as a map; merge the entries" .name) }}
{{- end }}
{{- $names = append $names $name }}
{{- end }}
{{- end }}
{{- if hasKey (default dict .Values.domainFiles) .Values.configKey }}
{{- fail (printf "configKey: domainFiles already has a file named %s; rename one of them" .Values.configKey) }}
{{- end }}
{{- if and .Values.unbound.enabled (default dict (default dict .Values.settings).dns).servers }}
{{- fail "settings.dns.servers: cannot be combined with unbound.enabled, which makes Unbound the resolver" }}
{{- end }}
{{- end }}

{{- define "mtasts-exporter.check.pods" -}}
{{- if and (gt (int .Values.shards) 1) (ne (int .Values.replicaCount) 1) }}
{{- fail "replicaCount: must be 1 with shards; the number of shards is the number of pods" }}
{{- end }}
{{- if and .Values.persistence.existingClaim (not .Values.persistence.enabled) }}
{{- fail "persistence.existingClaim: requires persistence.enabled" }}
{{- end }}
{{- if and .Values.persistence.existingClaim (gt (int (include "mtasts-exporter.replicas" .)) 1) }}
{{- fail "persistence.existingClaim: a claim can be used by one pod only; leave it empty with several pods" }}
{{- end }}
{{- if and .Values.unbound.enabled (not .Values.unbound.image.repository) }}
{{- fail "unbound.image.repository: required; set an image that contains Unbound" }}
{{- end }}
{{- with .Values.podDisruptionBudget }}
{{- if and .enabled (has (toString .minAvailable) (list "" "<nil>")) (has (toString .maxUnavailable) (list "" "<nil>")) }}
{{- fail "podDisruptionBudget: set minAvailable or maxUnavailable" }}
{{- end }}
{{- end }}
{{- $ports := list (int .Values.web.port) }}
{{- if .Values.telemetry.enabled }}{{ $ports = append $ports (int .Values.telemetry.port) }}{{ end }}
{{- if .Values.unbound.enabled }}{{ $ports = append $ports (int .Values.unbound.port) }}{{ end }}
{{- if include "mtasts-exporter.reports.endpoint" . }}{{ $ports = append $ports (int .Values.reports.https.port) }}{{ end }}
{{- if .Values.policyHost.enabled }}{{ $ports = append $ports (int .Values.policyHost.port) }}{{ end }}
{{- if ne (len $ports) (len (uniq $ports)) }}
{{- fail "web.port, telemetry.port, unbound.port, reports.https.port, policyHost.port: the ports must be different" }}
{{- end }}
{{- end }}

{{- define "mtasts-exporter.check.sidecar" -}}
{{- if and .Values.sidecar.stateVolume .Values.sidecar.stateVolumeName }}
{{- fail "sidecar.stateVolume, sidecar.stateVolumeName: set only one of them" }}
{{- end }}
{{- if eq .Values.mode "sidecar" }}
{{- if .Values.persistence.enabled }}
{{- fail "persistence.enabled: not available with mode sidecar; use sidecar.stateVolume or sidecar.stateVolumeName" }}
{{- end }}
{{- if and .Values.podMonitor.enabled (not .Values.podMonitor.matchLabels) }}
{{- fail "podMonitor.matchLabels: required with mode sidecar; set the labels of the pod that contains the sidecar" }}
{{- end }}
{{- if .Values.serviceMonitor.enabled }}
{{- fail "serviceMonitor.enabled: not available with mode sidecar, which has no Service; use podMonitor" }}
{{- end }}
{{- if .Values.unbound.enabled }}
{{- fail "unbound.enabled: not available with mode sidecar, where the pod belongs to another chart" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "mtasts-exporter.check.service" -}}
{{- if and .Values.serviceMonitor.enabled (not .Values.service.enabled) }}
{{- fail "serviceMonitor.enabled: requires service.enabled; without a Service, use podMonitor" }}
{{- end }}
{{- if and .Values.ingress.enabled (not .Values.service.enabled) }}
{{- fail "ingress.enabled: requires service.enabled" }}
{{- end }}
{{- if and .Values.ingress.enabled (not .Values.ingress.hosts) }}
{{- fail "ingress.hosts: set at least one host" }}
{{- end }}
{{- with .Values.service }}
{{- range $key := list "loadBalancerIP" "loadBalancerClass" "loadBalancerSourceRanges" }}
{{- if and (get $.Values.service $key) (ne $.Values.service.type "LoadBalancer") }}
{{- fail (printf "service.%s: only with service.type LoadBalancer" $key) }}
{{- end }}
{{- end }}
{{- if and .externalTrafficPolicy (eq .type "ClusterIP") }}
{{- fail "service.externalTrafficPolicy: only with service.type NodePort or LoadBalancer" }}
{{- end }}
{{- if and .enabled $.Values.telemetry.enabled (eq (int .port) (int .telemetryPort)) }}
{{- fail "service.port, service.telemetryPort: the ports must be different" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "mtasts-exporter.check.monitors" -}}
{{- if and .Values.serviceMonitor.enabled .Values.podMonitor.enabled }}
{{- fail "serviceMonitor.enabled, podMonitor.enabled: both would scrape the same pods; enable only one" }}
{{- end }}
{{- range $name := list "serviceMonitor" "podMonitor" }}
{{- $monitor := get $.Values $name }}
{{- if $monitor.enabled }}
{{- if not (or $monitor.web.enabled (and $monitor.telemetry.enabled $.Values.telemetry.enabled)) }}
{{- fail (printf "%s.web.enabled: nothing would be scraped; enable web or telemetry" $name) }}
{{- end }}
{{- range $port := list "web" "telemetry" }}
{{- $endpoint := get $monitor $port }}
{{- $interval := include "mtasts-exporter.milliseconds" $endpoint.interval }}
{{- $timeout := include "mtasts-exporter.milliseconds" (default "" $endpoint.scrapeTimeout) }}
{{- if and $endpoint.enabled $interval $timeout (gt (int64 $timeout) (int64 $interval)) }}
{{- fail (printf "%s.%s.scrapeTimeout: %s is longer than the interval %s" $name $port $endpoint.scrapeTimeout $endpoint.interval) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Milliseconds of a duration with a single unit; empty for durations such as 1m30s. */}}
{{- define "mtasts-exporter.milliseconds" -}}
{{- if regexMatch "^[0-9]+(ms|s|m|h)$" . }}
{{- mul (regexFind "^[0-9]+" . | int64) (get (dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000) (regexFind "[a-z]+" .)) }}
{{- end }}
{{- end }}
