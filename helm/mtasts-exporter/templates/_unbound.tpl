{{- /*
SPDX-License-Identifier: Apache-2.0
SPDX-FileCopyrightText: The mtasts-exporter authors
*/ -}}
{{- define "mtasts-exporter.unbound.settings" -}}
server:
  interface: 127.0.0.1@{{ int64 .Values.unbound.port }}
  access-control: 127.0.0.0/8 allow
  # Runs as an unprivileged user on a read-only root file system.
  username: ""
  chroot: ""
  directory: ""
  pidfile: ""
  use-syslog: no
  logfile: ""
  module-config: "validator iterator"
  # The keys of the DNS root of 2017 and 2024.
  trust-anchor: ". DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"
  trust-anchor: ". DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16"
  # No grace after a signature has ended: other resolvers give none.
  val-sig-skew-min: 0
  val-sig-skew-max: 0
  ede: yes
  qname-minimisation: yes
  hide-identity: yes
  hide-version: yes
  prefetch: yes
  # Repeated queries of a check must get fresh answers.
  cache-max-ttl: 300
  cache-max-negative-ttl: 60
  num-threads: 1
{{- with .Values.unbound.extraConfig }}
{{ include "mtasts-exporter.tpl" (dict "value" . "root" $) }}
{{- end }}
{{- end }}

{{- define "mtasts-exporter.unbound.container" -}}
- name: unbound
  image: {{ include "mtasts-exporter.imageOf" (merge (dict "root" .) .Values.unbound.image) | quote }}
  imagePullPolicy: {{ .Values.unbound.image.pullPolicy }}
  command:
    {{- toYaml .Values.unbound.command | nindent 4 }}
  {{- with .Values.unbound.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    {{- toYaml .Values.securityContext | nindent 4 }}
  volumeMounts:
    - name: mtasts-unbound
      mountPath: /etc/unbound-mtasts
      readOnly: true
{{- end }}
