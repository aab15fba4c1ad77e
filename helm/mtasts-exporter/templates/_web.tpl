{{- /*
SPDX-License-Identifier: Apache-2.0
SPDX-FileCopyrightText: The mtasts-exporter authors
*/ -}}
{{- define "mtasts-exporter.web.directory" -}}/etc/mtasts-exporter-web{{- end }}

{{- /* Variables of the agent, a list under the key "env". In the environment, so that they also apply to existing settings. */}}
{{- define "mtasts-exporter.web.env" -}}
{{- $env := list }}
{{- $folder := include "mtasts-exporter.web.directory" . }}
{{- with .Values.web }}
{{- if .tlsSecret }}
{{- $env = append $env (dict "name" "MTASTS_WEB_TLS_CERT_FILE" "value" (printf "%s/tls/tls.crt" $folder)) }}
{{- $env = append $env (dict "name" "MTASTS_WEB_TLS_KEY_FILE" "value" (printf "%s/tls/tls.key" $folder)) }}
{{- end }}
{{- with .clientCaKey }}
{{- $env = append $env (dict "name" "MTASTS_WEB_TLS_CLIENT_CA_FILE" "value" (printf "%s/tls/%s" $folder .)) }}
{{- end }}
{{- with .clientAllowedSans }}
{{- $env = append $env (dict "name" "MTASTS_WEB_TLS_CLIENT_ALLOWED_SANS" "value" (join "," .)) }}
{{- end }}
{{- if .usersSecret }}
{{- $reference := dict "name" .usersSecret "key" .usersKey }}
{{- $env = append $env (dict "name" "MTASTS_WEB_BASIC_AUTH_USERS" "valueFrom" (dict "secretKeyRef" $reference)) }}
{{- end }}
{{- if .roles }}
{{- $roles := list }}
{{- range $user, $role := .roles }}{{ $roles = append $roles (printf "%s=%s" $user $role) }}{{ end }}
{{- $env = append $env (dict "name" "MTASTS_WEB_BASIC_AUTH_ROLES" "value" (join "," $roles)) }}
{{- end }}
{{- if .configSecret }}
{{- $env = append $env (dict "name" "MTASTS_WEB_CONFIG_FILE" "value" (printf "%s/config/%s" $folder .configKey)) }}
{{- end }}
{{- with .anonymousRole }}
{{- $env = append $env (dict "name" "MTASTS_WEB_ANONYMOUS_ROLE" "value" .) }}
{{- end }}
{{- end }}
{{- toYaml (dict "env" $env) }}
{{- end }}

{{- /* Secrets by folder below the directory, a map. */}}
{{- define "mtasts-exporter.web.secrets" -}}
{{- $secrets := dict }}
{{- with .Values.web.tlsSecret }}{{ $_ := set $secrets "tls" . }}{{ end }}
{{- with .Values.web.configSecret }}{{ $_ := set $secrets "config" . }}{{ end }}
{{- toYaml $secrets }}
{{- end }}

{{- define "mtasts-exporter.web.mounts" -}}
{{- range $folder, $secret := include "mtasts-exporter.web.secrets" . | fromYaml }}
- name: mtasts-web-{{ $folder }}
  mountPath: {{ include "mtasts-exporter.web.directory" $ }}/{{ $folder }}
  readOnly: true
{{- end }}
{{- end }}

{{- define "mtasts-exporter.web.volumes" -}}
{{- range $folder, $secret := include "mtasts-exporter.web.secrets" . | fromYaml }}
- name: mtasts-web-{{ $folder }}
  secret:
    secretName: {{ $secret | quote }}
{{- end }}
{{- end }}

{{- /* "true" when requests may need a certificate or a password, which kubelets and the test do not have. */}}
{{- define "mtasts-exporter.web.guarded" -}}
{{- with .Values.web }}
{{- $closed := or .usersSecret (eq (toString .anonymousRole) "none") }}
{{- $closed = and $closed (not (has .anonymousRole (list "read" "probe" "write"))) }}
{{- if or $closed .configSecret .clientCaKey }}true{{ end }}
{{- end }}
{{- end }}

{{- define "mtasts-exporter.check.web" -}}
{{- with .Values.web }}
{{- $secrets := or .tlsSecret .usersSecret .configSecret }}
{{- if and (eq $.Values.mode "sidecar") (or $secrets .anonymousRole) }}
{{- fail "web.tlsSecret, web.usersSecret, web.configSecret, web.anonymousRole: not available with mode sidecar" }}
{{- end }}
{{- if and .configSecret (or .tlsSecret .usersSecret) }}
{{- fail "web.configSecret: stands in place of web.tlsSecret and web.usersSecret; set only one of them" }}
{{- end }}
{{- if and .clientCaKey (not .tlsSecret) }}
{{- fail "web.clientCaKey: is a key of web.tlsSecret, which is not set" }}
{{- end }}
{{- if and .clientAllowedSans (not .clientCaKey) }}
{{- fail "web.clientAllowedSans: requires web.clientCaKey" }}
{{- end }}
{{- if and .roles (not (or .usersSecret .configSecret)) }}
{{- fail "web.roles: requires web.usersSecret or web.configSecret" }}
{{- end }}
{{- if and (include "mtasts-exporter.web.guarded" $) (not $.Values.telemetry.enabled) }}
{{- fail "telemetry.enabled: required where the web port needs a certificate or a password, which probes do not have; or set web.anonymousRole to read" }}
{{- end }}
{{- end }}
{{- end }}
