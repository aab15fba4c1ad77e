{{- /*
SPDX-License-Identifier: Apache-2.0
SPDX-FileCopyrightText: The mtasts-exporter authors
*/ -}}
{{- /* JSON's strings, numbers and lists are TOML's, too; a map becomes an inline table. */}}
{{- define "mtasts-exporter.toml.value" -}}
{{- if kindIs "map" . }}
{{- $pairs := list }}
{{- range $key, $value := . }}
{{- $pairs = append $pairs (printf "%s = %s" (toJson $key) (include "mtasts-exporter.toml.value" $value)) }}
{{- end }}
{{- if $pairs }}{ {{ join ", " $pairs }} }{{ else }}{}{{ end }}
{{- else if kindIs "slice" . }}
{{- $items := list }}
{{- range . }}
{{- $items = append $items (include "mtasts-exporter.toml.value" .) }}
{{- end -}}
[{{ join ", " $items }}]
{{- else if kindIs "string" . }}
{{- toJson . | replace "\u007f" "\\u007f" }}
{{- else }}
{{- toJson . }}
{{- end }}
{{- end }}

{{- define "mtasts-exporter.directory" -}}/etc/mtasts-exporter{{- end }}
{{- define "mtasts-exporter.domainDirectory" -}}/etc/mtasts-exporter-domains{{- end }}

{{- define "mtasts-exporter.toml" -}}
# Written by the Helm chart from its values. State, shard and listen addresses are in the environment.
{{- $names := list }}
{{- $tables := list }}
{{- range .Values.domains }}
{{- if kindIs "map" . }}{{ $tables = append $tables . }}{{ else }}{{ $names = append $names . }}{{ end }}
{{- end }}
{{- with $names }}
domains = [
{{- range . }}
  {{ toJson . }},
{{- end }}
]
{{- end }}
{{- $files := list }}
{{- range $name, $text := .Values.domainFiles }}{{ $files = append $files $name }}{{ end }}
{{- range .Values.extraDomainFiles }}
{{- $files = append $files (printf "%s/%s/%s" (include "mtasts-exporter.domainDirectory" $) (default .secret .configMap) (default "*.txt" .pattern)) }}
{{- end }}
{{- with $files }}
domain_files = {{ include "mtasts-exporter.toml.value" . }}
{{- end }}
{{- range $tables }}

[[domain]]
name = {{ toJson .name }}
{{- with .labels }}
labels = {{ include "mtasts-exporter.toml.value" . }}
{{- end }}
{{- with .expectedMode }}
expected_mode = {{ toJson . }}
{{- end }}
{{- end }}
{{- range $section, $keys := .Values.settings }}
{{- if $keys }}

[{{ $section }}]
{{- range $key, $value := $keys }}
{{- if not (kindIs "invalid" $value) }}
{{ $key }} = {{ include "mtasts-exporter.toml.value" $value }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{ end }}

{{- /* Keys and texts of the ConfigMap or Secret. */}}
{{- define "mtasts-exporter.settingsData" -}}
{{ .Values.configKey }}: |
  {{- include "mtasts-exporter.toml" . | trim | nindent 2 }}
{{- range $name, $text := .Values.domainFiles }}
{{ $name }}: {{ toJson $text }}
{{- end }}
{{- end }}

{{- /* For examples in words. */}}
{{- define "mtasts-exporter.firstDomain" -}}
{{- $first := first (default (list "example.com") .Values.domains) }}
{{- kindIs "map" $first | ternary (get (kindIs "map" $first | ternary $first dict) "name") $first }}
{{- end }}
