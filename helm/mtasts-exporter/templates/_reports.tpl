{{- /*
SPDX-License-Identifier: Apache-2.0
SPDX-FileCopyrightText: The mtasts-exporter authors
*/ -}}
{{- define "mtasts-exporter.reports.directory" -}}/etc/mtasts-exporter-reports{{- end }}

{{- /* "true" when the endpoint for reports is open. */}}
{{- define "mtasts-exporter.reports.endpoint" -}}
{{- if and .Values.reports.enabled .Values.reports.https.enabled }}true{{ end }}
{{- end }}

{{- /* The port of the mailbox's server; empty without a mailbox. */}}
{{- define "mtasts-exporter.reports.imapPort" -}}
{{- if and .Values.reports.enabled .Values.reports.mailbox.url }}
{{- $server := regexFind "^imaps?://[^/]*" .Values.reports.mailbox.url }}
{{- $port := regexFind ":[0-9]+$" $server | trimPrefix ":" }}
{{- default (hasPrefix "imaps:" $server | ternary "993" "143") $port }}
{{- end }}
{{- end }}

{{- define "mtasts-exporter.reports.name" -}}
{{ include "mtasts-exporter.fullname" . }}-reports
{{- end }}

{{- /* Variables of the agent, a list under the key "env". In the environment, so that they also apply to existing settings. */}}
{{- define "mtasts-exporter.reports.env" -}}
{{- $env := list }}
{{- $folder := include "mtasts-exporter.reports.directory" . }}
{{- if .Values.reports.enabled }}
{{- $env = append $env (dict "name" "MTASTS_REPORTS_ENABLED" "value" "true") }}
{{- with .Values.reports.https }}
{{- if .enabled }}
{{- $listen := printf "%s:%d" $.Values.web.address (int .port) }}
{{- $env = append $env (dict "name" "MTASTS_REPORTS_HTTPS_LISTEN" "value" $listen) }}
{{- $env = append $env (dict "name" "MTASTS_REPORTS_HTTPS_PATH" "value" .path) }}
{{- if .tlsSecret }}
{{- $env = append $env (dict "name" "MTASTS_REPORTS_HTTPS_CERT_FILE" "value" (printf "%s/tls/tls.crt" $folder)) }}
{{- $env = append $env (dict "name" "MTASTS_REPORTS_HTTPS_KEY_FILE" "value" (printf "%s/tls/tls.key" $folder)) }}
{{- end }}
{{- if .submitTokenSecret }}
{{- $file := printf "%s/submit/%s" $folder .submitTokenKey }}
{{- $env = append $env (dict "name" "MTASTS_REPORTS_HTTPS_SUBMIT_TOKEN_FILE" "value" $file) }}
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.reports.mailbox }}
{{- if .url }}
{{- $env = append $env (dict "name" "MTASTS_REPORTS_MAILBOX_URL" "value" .url) }}
{{- $env = append $env (dict "name" "MTASTS_REPORTS_MAILBOX_USER" "value" .user) }}
{{- $key := empty .tokenKey | ternary "PASSWORD_FILE" "TOKEN_FILE" }}
{{- $file := printf "%s/mailbox/%s" $folder (default .passwordKey .tokenKey) }}
{{- $env = append $env (dict "name" (printf "MTASTS_REPORTS_MAILBOX_%s" $key) "value" $file) }}
{{- if .caKey }}
{{- $file := printf "%s/mailbox/%s" $folder .caKey }}
{{- $env = append $env (dict "name" "MTASTS_REPORTS_MAILBOX_CA_FILE" "value" $file) }}
{{- end }}
{{- $env = append $env (dict "name" "MTASTS_REPORTS_MAILBOX_INTERVAL" "value" .interval) }}
{{- $env = append $env (dict "name" "MTASTS_REPORTS_MAILBOX_PROCESSED" "value" .processed) }}
{{- end }}
{{- end }}
{{- with .Values.reports.maildir.path }}
{{- $env = append $env (dict "name" "MTASTS_REPORTS_MAILDIR_PATH" "value" .) }}
{{- end }}
{{- end }}
{{- toYaml (dict "env" $env) }}
{{- end }}

{{- /* Secrets by folder below the directory, a map. */}}
{{- define "mtasts-exporter.reports.secrets" -}}
{{- $secrets := dict }}
{{- if .Values.reports.enabled }}
{{- if .Values.reports.https.enabled }}
{{- with .Values.reports.https.tlsSecret }}{{ $_ := set $secrets "tls" . }}{{ end }}
{{- with .Values.reports.https.submitTokenSecret }}{{ $_ := set $secrets "submit" . }}{{ end }}
{{- end }}
{{- if .Values.reports.mailbox.url }}{{ $_ := set $secrets "mailbox" .Values.reports.mailbox.existingSecret }}{{ end }}
{{- end }}
{{- toYaml $secrets }}
{{- end }}

{{- define "mtasts-exporter.reports.mounts" -}}
{{- range $folder, $secret := include "mtasts-exporter.reports.secrets" . | fromYaml }}
- name: mtasts-reports-{{ $folder }}
  mountPath: {{ include "mtasts-exporter.reports.directory" $ }}/{{ $folder }}
  readOnly: true
{{- end }}
{{- end }}

{{- define "mtasts-exporter.reports.volumes" -}}
{{- range $folder, $secret := include "mtasts-exporter.reports.secrets" . | fromYaml }}
- name: mtasts-reports-{{ $folder }}
  secret:
    secretName: {{ $secret | quote }}
{{- end }}
{{- end }}

{{- define "mtasts-exporter.check.reports" -}}
{{- with .Values.reports }}
{{- if .enabled }}
{{- if eq $.Values.mode "sidecar" }}
{{- fail "reports.enabled: not available with mode sidecar; use a standalone agent for reports" }}
{{- end }}
{{- if ne (int (include "mtasts-exporter.replicas" $)) 1 }}
{{- fail "reports.enabled: needs one pod that has all domains; set replicaCount and shards to 1" }}
{{- end }}
{{- if not $.Values.persistence.enabled }}
{{- fail "reports.enabled: requires persistence.enabled, because reports that were accepted must survive the pod" }}
{{- end }}
{{- if not (or .https.enabled .mailbox.url .maildir.path) }}
{{- fail "reports.enabled: has no source of reports; set reports.https.enabled, reports.mailbox.url or reports.maildir.path" }}
{{- end }}
{{- if and .mailbox.url (not .mailbox.user) }}
{{- fail "reports.mailbox.user: required with reports.mailbox.url; set the account of the mailbox" }}
{{- end }}
{{- if and .mailbox.url (not .mailbox.existingSecret) }}
{{- fail "reports.mailbox.existingSecret: required with reports.mailbox.url; name the Secret with its password or token" }}
{{- end }}
{{- if and .mailbox.url (not (or .mailbox.passwordKey .mailbox.tokenKey)) }}
{{- fail "reports.mailbox.passwordKey: set it, or reports.mailbox.tokenKey" }}
{{- end }}
{{- end }}
{{- if and .ingress.enabled (not (and .enabled .https.enabled .service.enabled)) }}
{{- fail "reports.ingress.enabled: requires reports.enabled, reports.https.enabled and reports.service.enabled" }}
{{- end }}
{{- if and .ingress.enabled (not .ingress.hosts) }}
{{- fail "reports.ingress.hosts: set at least one host" }}
{{- end }}
{{- range $key := list "loadBalancerIP" "loadBalancerClass" "loadBalancerSourceRanges" }}
{{- if and (get $.Values.reports.service $key) (ne $.Values.reports.service.type "LoadBalancer") }}
{{- fail (printf "reports.service.%s: only with reports.service.type LoadBalancer" $key) }}
{{- end }}
{{- end }}
{{- if and .service.externalTrafficPolicy (eq .service.type "ClusterIP") }}
{{- fail "reports.service.externalTrafficPolicy: only with reports.service.type NodePort or LoadBalancer" }}
{{- end }}
{{- end }}
{{- end }}
