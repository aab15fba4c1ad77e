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
{{- else }}
{{- toJson . }}
{{- end }}
{{- end }}

{{- /* JSON leaves as it is what YAML breaks lines at (U+0085), and what neither YAML nor TOML takes. It is in strings alone,
where both write it the same way. */}}
{{- define "mtasts-exporter.escaped" -}}
{{- $text := . }}
{{- if regexMatch "[\u007f-\u009f]" $text }}
{{- range $code := untilStep 127 160 1 }}
{{- $text = replace (printf "%c" $code) (printf "\\u%04x" $code) $text }}
{{- end }}
{{- end }}
{{- $text }}
{{- end }}

{{- define "mtasts-exporter.directory" -}}/etc/mtasts-exporter{{- end }}

{{- define "mtasts-exporter.settingsFile" -}}
{{ include "mtasts-exporter.directory" . }}/{{ .Values.configKey }}
{{- end }}

{{- /* Of an item of extraDomainFiles: dict "index" … "source" …. With the index, for a ConfigMap and a Secret may share a name,
and one of them may be there with two patterns. */}}
{{- define "mtasts-exporter.domainFolder" -}}
/etc/mtasts-exporter-domains/{{ .index }}-{{ default .source.secret .source.configMap }}
{{- end }}

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
{{- range $index, $source := .Values.extraDomainFiles }}
{{- $folder := include "mtasts-exporter.domainFolder" (dict "index" $index "source" $source) }}
{{- $files = append $files (printf "%s/%s" $folder (default "*.txt" $source.pattern)) }}
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
{{ .Values.configKey | quote }}: |
  {{- include "mtasts-exporter.toml" . | trim | include "mtasts-exporter.escaped" | nindent 2 }}
{{- range $name, $text := .Values.domainFiles }}
{{ $name | quote }}: {{ toJson $text | include "mtasts-exporter.escaped" }}
{{- end }}
{{- end }}

{{- /* For examples in words. */}}
{{- define "mtasts-exporter.firstDomain" -}}
{{- $first := first (default (list "example.com") .Values.domains) }}
{{- kindIs "map" $first | ternary (get (kindIs "map" $first | ternary $first dict) "name") $first }}
{{- end }}
