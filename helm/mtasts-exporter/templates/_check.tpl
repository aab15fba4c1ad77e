{{- /*
SPDX-License-Identifier: Apache-2.0
SPDX-FileCopyrightText: The mtasts-exporter authors
*/ -}}
{{- /* What no schema can say. */}}
{{- define "mtasts-exporter.check" -}}
{{- include "mtasts-exporter.check.settings" . }}
{{- include "mtasts-exporter.check.pods" . }}
{{- include "mtasts-exporter.check.sidecar" . }}
{{- include "mtasts-exporter.check.service" . }}
{{- include "mtasts-exporter.check.monitors" . }}
{{- end }}

{{- define "mtasts-exporter.check.settings" -}}
{{- $own := or .Values.domains .Values.domainFiles }}
{{- $theirs := or .Values.existingConfigMap .Values.existingSecret }}
{{- if and .Values.existingConfigMap .Values.existingSecret }}
{{- fail "existingConfigMap and existingSecret: only one of them can hold the settings" }}
{{- end }}
{{- if and $theirs (or $own .Values.settings) }}
{{- fail "domains, domainFiles, settings: these go into the chart's own file, not with existingConfigMap or existingSecret" }}
{{- end }}
{{- if and $theirs .Values.extraDomainFiles }}
{{- fail "extraDomainFiles: not with existingConfigMap or existingSecret, whose file must name them; use extraVolumes" }}
{{- end }}
{{- range .Values.extraDomainFiles }}
{{- if eq (empty .configMap) (empty .secret) }}
{{- fail "extraDomainFiles: each names either a configMap or a secret" }}
{{- end }}
{{- end }}
{{- if not (or $own $theirs .Values.extraDomainFiles) }}
{{- fail "domains: name at least one mail domain to watch, for instance --set 'domains={example.com}'" }}
{{- end }}
{{- $names := list }}
{{- range .Values.domains }}
{{- if kindIs "map" . }}
{{- $name := lower .name | trimSuffix "." }}
{{- if has $name $names }}
{{- fail (printf "domains: %s is there twice as a map; merge the two" .name) }}
{{- end }}
{{- $names = append $names $name }}
{{- end }}
{{- end }}
{{- if hasKey (default dict .Values.domainFiles) .Values.configKey }}
{{- fail (printf "configKey: domainFiles has a file %s already; call one of them otherwise" .Values.configKey) }}
{{- end }}
{{- if and .Values.unbound.enabled (default dict (default dict .Values.settings).dns).servers }}
{{- fail "settings.dns.servers: with unbound.enabled the agent asks Unbound; leave one of them out" }}
{{- end }}
{{- end }}

{{- define "mtasts-exporter.check.pods" -}}
{{- if and (gt (int .Values.shards) 1) (ne (int .Values.replicaCount) 1) }}
{{- fail "replicaCount: must be 1 with shards; the number of shards is the number of pods" }}
{{- end }}
{{- if and .Values.persistence.existingClaim (not .Values.persistence.enabled) }}
{{- fail "persistence.existingClaim: needs persistence.enabled" }}
{{- end }}
{{- if and .Values.persistence.existingClaim (gt (int (include "mtasts-exporter.replicas" .)) 1) }}
{{- fail "persistence.existingClaim: one claim serves one pod; leave it empty with several" }}
{{- end }}
{{- if and .Values.unbound.enabled (not .Values.unbound.image.repository) }}
{{- fail "unbound.image.repository: name an image with Unbound in it" }}
{{- end }}
{{- with .Values.podDisruptionBudget }}
{{- if and .enabled (has (toString .minAvailable) (list "" "<nil>")) (has (toString .maxUnavailable) (list "" "<nil>")) }}
{{- fail "podDisruptionBudget: name minAvailable or maxUnavailable" }}
{{- end }}
{{- end }}
{{- $ports := list (int .Values.web.port) }}
{{- if .Values.telemetry.enabled }}{{ $ports = append $ports (int .Values.telemetry.port) }}{{ end }}
{{- if .Values.unbound.enabled }}{{ $ports = append $ports (int .Values.unbound.port) }}{{ end }}
{{- if ne (len $ports) (len (uniq $ports)) }}
{{- fail "web.port, telemetry.port, unbound.port: each needs a port of its own" }}
{{- end }}
{{- end }}

{{- define "mtasts-exporter.check.sidecar" -}}
{{- if and .Values.sidecar.stateVolume .Values.sidecar.stateVolumeName }}
{{- fail "sidecar.stateVolume, sidecar.stateVolumeName: only one of them can hold the history" }}
{{- end }}
{{- if eq .Values.mode "sidecar" }}
{{- if .Values.persistence.enabled }}
{{- fail "persistence.enabled: not with mode sidecar; take sidecar.stateVolume or sidecar.stateVolumeName" }}
{{- end }}
{{- if and .Values.podMonitor.enabled (not .Values.podMonitor.matchLabels) }}
{{- fail "podMonitor.matchLabels: name the labels of the pod that holds the sidecar" }}
{{- end }}
{{- if .Values.serviceMonitor.enabled }}
{{- fail "serviceMonitor.enabled: there is no Service with mode sidecar; take podMonitor" }}
{{- end }}
{{- if .Values.unbound.enabled }}
{{- fail "unbound.enabled: not with mode sidecar; the pod is another chart's" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "mtasts-exporter.check.service" -}}
{{- if and .Values.serviceMonitor.enabled (not .Values.service.enabled) }}
{{- fail "serviceMonitor.enabled: needs service.enabled, or take podMonitor" }}
{{- end }}
{{- if and .Values.ingress.enabled (not .Values.service.enabled) }}
{{- fail "ingress.enabled: needs service.enabled" }}
{{- end }}
{{- if and .Values.ingress.enabled (not .Values.ingress.hosts) }}
{{- fail "ingress.hosts: name at least one" }}
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
{{- fail "service.port, service.telemetryPort: each needs a port of its own" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "mtasts-exporter.check.monitors" -}}
{{- if and .Values.serviceMonitor.enabled .Values.podMonitor.enabled }}
{{- fail "serviceMonitor.enabled, podMonitor.enabled: both would scrape the same pods; enable one" }}
{{- end }}
{{- range $name := list "serviceMonitor" "podMonitor" }}
{{- $monitor := get $.Values $name }}
{{- if $monitor.enabled }}
{{- if not (or $monitor.web.enabled (and $monitor.telemetry.enabled $.Values.telemetry.enabled)) }}
{{- fail (printf "%s.web.enabled: nothing would be scraped; enable it or the telemetry" $name) }}
{{- end }}
{{- range $port := list "web" "telemetry" }}
{{- $endpoint := get $monitor $port }}
{{- $interval := include "mtasts-exporter.milliseconds" $endpoint.interval }}
{{- $timeout := include "mtasts-exporter.milliseconds" (default "" $endpoint.scrapeTimeout) }}
{{- if and $endpoint.enabled $interval $timeout (gt (int64 $timeout) (int64 $interval)) }}
{{- fail (printf "%s.%s.scrapeTimeout: %s is more than the interval %s" $name $port $endpoint.scrapeTimeout $endpoint.interval) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Of a duration with one unit; empty for 1m30s and the like. */}}
{{- define "mtasts-exporter.milliseconds" -}}
{{- if regexMatch "^[0-9]+(ms|s|m|h)$" . }}
{{- mul (regexFind "^[0-9]+" . | int64) (get (dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000) (regexFind "[a-z]+" .)) }}
{{- end }}
{{- end }}
