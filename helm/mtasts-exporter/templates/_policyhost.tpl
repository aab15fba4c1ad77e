{{- /*
SPDX-License-Identifier: Apache-2.0
SPDX-FileCopyrightText: The mtasts-exporter authors
*/ -}}
{{- define "mtasts-exporter.policyHost.directory" -}}/etc/mtasts-exporter-policy-host{{- end }}

{{- define "mtasts-exporter.policyHost.name" -}}
{{ include "mtasts-exporter.fullname" . }}-policies
{{- end }}

{{- /* Name of the container's port: with mode sidecar, the pod may have a port of the shorter name. */}}
{{- define "mtasts-exporter.policyHost.portName" -}}
{{- eq .Values.mode "sidecar" | ternary "mtasts-policies" "policies" }}
{{- end }}

{{- /* The keys of [policy_host], a map: in the settings file of the chart, and in the environment with a file of others. */}}
{{- define "mtasts-exporter.policyHost.settings" -}}
{{- $keys := dict }}
{{- with .Values.policyHost }}
{{- if .enabled }}
{{- $_ := set $keys "listen" (list (printf "%s:%d" $.Values.web.address (int .port))) }}
{{- if .tls.secretName }}
{{- $folder := include "mtasts-exporter.policyHost.directory" $ }}
{{- $_ := set $keys "cert_file" (printf "%s/tls.crt" $folder) }}
{{- $_ := set $keys "key_file" (printf "%s/tls.key" $folder) }}
{{- end }}
{{- end }}
{{- end }}
{{- toYaml $keys }}
{{- end }}

{{- /* The part of the settings file. */}}
{{- define "mtasts-exporter.policyHost.toml" -}}
{{- if .Values.policyHost.enabled }}

[policy_host]
{{- range $key, $value := include "mtasts-exporter.policyHost.settings" . | fromYaml }}
{{ $key }} = {{ include "mtasts-exporter.toml.value" $value }}
{{- end }}
{{- range .Values.policyHost.policies }}

[[policy]]
domains = {{ include "mtasts-exporter.toml.value" .domains }}
mode = {{ default "testing" .mode | toJson }}
mx = {{ include "mtasts-exporter.toml.value" .mx }}
max_age = {{ default "7d" .maxAge | toJson }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Variables of the agent, a list under the key "env": for a settings file of others, which has the policies alone. */}}
{{- define "mtasts-exporter.policyHost.env" -}}
{{- $env := list }}
{{- if or .Values.existingConfigMap .Values.existingSecret }}
{{- range $key, $value := include "mtasts-exporter.policyHost.settings" . | fromYaml }}
{{- $text := kindIs "slice" $value | ternary $value (list $value) | join "," }}
{{- $env = append $env (dict "name" (printf "MTASTS_POLICY_HOST_%s" (upper $key)) "value" $text) }}
{{- end }}
{{- end }}
{{- toYaml (dict "env" $env) }}
{{- end }}

{{- define "mtasts-exporter.policyHost.mounts" -}}
{{- if and .Values.policyHost.enabled .Values.policyHost.tls.secretName }}
- name: mtasts-policy-host
  mountPath: {{ include "mtasts-exporter.policyHost.directory" . }}
  readOnly: true
{{- end }}
{{- end }}

{{- define "mtasts-exporter.policyHost.volumes" -}}
{{- if and .Values.policyHost.enabled .Values.policyHost.tls.secretName }}
- name: mtasts-policy-host
  secret:
    secretName: {{ .Values.policyHost.tls.secretName | quote }}
{{- end }}
{{- end }}

{{- /* A list under the key "hosts": mta-sts.DOMAIN of each domain of the policies, in their order. */}}
{{- define "mtasts-exporter.policyHost.hosts" -}}
{{- $hosts := list }}
{{- range .Values.policyHost.policies }}
{{- range .domains }}
{{- $hosts = append $hosts (printf "mta-sts.%s" (lower . | trimSuffix ".")) }}
{{- end }}
{{- end }}
{{- toYaml (dict "hosts" (uniq $hosts)) }}
{{- end }}

{{- define "mtasts-exporter.check.policyHost" -}}
{{- with .Values.policyHost }}
{{- $theirs := or $.Values.existingConfigMap $.Values.existingSecret }}
{{- $outside := or .ingress.enabled .httpRoute.enabled }}
{{- if and .enabled $theirs .policies }}
{{- fail "policyHost.policies: cannot be combined with existingConfigMap or existingSecret; write [[policy]] tables there" }}
{{- end }}
{{- if and .enabled (not $theirs) (not .policies) }}
{{- fail "policyHost.policies: set at least one policy, with its domains and mx" }}
{{- end }}
{{- if and $outside (not (and .enabled .service.enabled)) }}
{{- fail "policyHost.ingress.enabled, policyHost.httpRoute.enabled: require policyHost.enabled, policyHost.service.enabled" }}
{{- end }}
{{- if and $outside (not .policies) }}
{{- $own := "with existingConfigMap or existingSecret, write the object into extraManifests" }}
{{- fail (printf "policyHost.ingress.enabled, policyHost.httpRoute.enabled: need policyHost.policies; %s" $own) }}
{{- end }}
{{- if and .ingress.enabled .httpRoute.enabled }}
{{- fail "policyHost.ingress.enabled, policyHost.httpRoute.enabled: both would serve the same hosts; enable only one" }}
{{- end }}
{{- if and .httpRoute.enabled (not .httpRoute.parentRefs) }}
{{- fail "policyHost.httpRoute.parentRefs: name at least one Gateway" }}
{{- end }}
{{- if and .enabled .service.enabled (eq $.Values.mode "sidecar") (not .service.selector) }}
{{- fail "policyHost.service.selector: required with mode sidecar; set the labels of the pod that contains the sidecar" }}
{{- end }}
{{- if and .service.selector (ne $.Values.mode "sidecar") }}
{{- fail "policyHost.service.selector: only with mode sidecar; otherwise the Service selects the chart's own pods" }}
{{- end }}
{{- include "mtasts-exporter.check.policyHost.domains" (dict "policies" .policies "outside" $outside) }}
{{- range $key := list "loadBalancerIP" "loadBalancerClass" "loadBalancerSourceRanges" }}
{{- if and (get $.Values.policyHost.service $key) (ne $.Values.policyHost.service.type "LoadBalancer") }}
{{- fail (printf "policyHost.service.%s: only with policyHost.service.type LoadBalancer" $key) }}
{{- end }}
{{- end }}
{{- if and .service.externalTrafficPolicy (eq .service.type "ClusterIP") }}
{{- fail "policyHost.service.externalTrafficPolicy: only with policyHost.service.type NodePort or LoadBalancer" }}
{{- end }}
{{- end }}
{{- end }}

{{- /* dict "policies" … "outside" (whether an Ingress or HTTPRoute is made) … */}}
{{- define "mtasts-exporter.check.policyHost.domains" -}}
{{- $owners := dict }}
{{- range $index, $policy := .policies }}
{{- range $domain := $policy.domains }}
{{- $name := lower $domain | trimSuffix "." }}
{{- if and $.outside (regexMatch "[^[:ascii:]]" $name) }}
{{- fail (printf "policyHost.policies: an Ingress or HTTPRoute needs the A-labels of %s, such as xn--bcher-kva.example" $domain) }}
{{- end }}
{{- if and $.outside (not (regexMatch "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$" $name)) }}
{{- fail (printf "policyHost.policies: %s is not a domain name that an Ingress or HTTPRoute can have" $domain) }}
{{- end }}
{{- if ne (get $owners $name | default (toString $index)) (toString $index) }}
{{- fail (printf "policyHost.policies: %s is in two policies; a domain has one, so remove it from the other" $domain) }}
{{- end }}
{{- $_ := set $owners $name (toString $index) }}
{{- end }}
{{- end }}
{{- end }}

{{- /* The part of NOTES.txt. */}}
{{- define "mtasts-exporter.policyHost.notes" -}}
{{- with .Values.policyHost }}
{{- if .enabled }}
{{- $hosts := (include "mtasts-exporter.policyHost.hosts" $ | fromYaml).hosts }}
{{- $host := $hosts | default (list "mta-sts.example.com") | first }}
{{- $name := include "mtasts-exporter.policyHost.name" $ }}
{{- $way := .ingress.enabled | ternary "Ingress" (.httpRoute.enabled | ternary "Gateway" "Service") }}
{{- $secure := empty .tls.secretName | ternary "" "s" }}
{{- $namespace := include "mtasts-exporter.namespace" $ }}

POLICIES: the agent serves them for the hosts mta-sts.DOMAIN.
{{- if .service.enabled }} See one before it is public:

     kubectl port-forward -n {{ $namespace }} svc/{{ $name }} 10080:{{ int64 .service.port }}
     curl {{ empty $secure | ternary "" "-k " }}-H 'Host: {{ $host }}' http{{ $secure }}://localhost:10080/.well-known/mta-sts.txt
{{- end }}
{{ if or .ingress.enabled .httpRoute.enabled (ne .service.type "ClusterIP") }}
Then, for each domain and in this order: let mta-sts.DOMAIN point to the {{ $way }} in the DNS, wait until
https://mta-sts.DOMAIN has its certificate, and publish the TXT record that the check above names.
{{- else if .service.enabled }}
-  No sender can reach them yet: set policyHost.ingress.enabled=true or policyHost.httpRoute.enabled=true, or a Service of
   type LoadBalancer with policyHost.tls.secretName.
{{- end }}
{{- $unchecked := include "mtasts-exporter.policyHost.unchecked" $ }}
{{- if $unchecked }}

-  The policy of {{ $unchecked }} is served, but nothing checks the domain: add it, and others like it, to domains.
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* The first domain that has a policy and is not checked; empty: none, or lists in files, which this cannot see. */}}
{{- define "mtasts-exporter.policyHost.unchecked" -}}
{{- if not (or .Values.domainFiles .Values.extraDomainFiles .Values.existingConfigMap .Values.existingSecret) }}
{{- $checked := list }}
{{- range .Values.domains }}
{{- $name := kindIs "map" . | ternary (get (kindIs "map" . | ternary . dict) "name") . }}
{{- $checked = append $checked (lower $name | trimSuffix ".") }}
{{- end }}
{{- $open := list }}
{{- range .Values.policyHost.policies }}
{{- range .domains }}
{{- if not (has (lower . | trimSuffix ".") $checked) }}{{ $open = append $open . }}{{ end }}
{{- end }}
{{- end }}
{{- with $open }}{{ first . }}{{ end }}
{{- end }}
{{- end }}
