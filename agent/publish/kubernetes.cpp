// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Kubernetes: nginx without privileges, behind an Ingress or a Gateway that ends TLS.
#include <fmt/format.h>

#include "publish/hosting_targets.h"
#include "publish/hosting_text.h"

namespace mtasts::publish {
namespace {

constexpr std::string_view kWorkload = R"(# MTA-STS policy of @domain@ (RFC 8461): the server.
apiVersion: v1
kind: ConfigMap
metadata:
  name: @name@
  labels:
    app.kubernetes.io/name: mta-sts
    app.kubernetes.io/instance: @name@
data:
  # In double quotes, because YAML makes a bare LF of the CRLF at the end of a line of the policy.
  mta-sts.txt: @policy@
  default.conf: |
    server {
        # On a cluster with IPv6 alone: listen [::]:8080;
        listen 8080;
@locations@    }
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: @name@
  labels:
    app.kubernetes.io/name: mta-sts
    app.kubernetes.io/instance: @name@
spec:
  replicas: 2
  selector:
    matchLabels:
      app.kubernetes.io/name: mta-sts
      app.kubernetes.io/instance: @name@
  template:
    metadata:
      labels:
        app.kubernetes.io/name: mta-sts
        app.kubernetes.io/instance: @name@
    spec:
      automountServiceAccountToken: false
      enableServiceLinks: false
      securityContext:
        runAsNonRoot: true
        runAsUser: 101
        runAsGroup: 101
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: nginx
          image: nginxinc/nginx-unprivileged:stable-alpine
          ports:
            - name: http
              containerPort: 8080
          readinessProbe:
            httpGet:
              port: http
              path: @path@
              httpHeaders:
                - name: Host
                  value: @host@
            timeoutSeconds: 5
          livenessProbe:
            tcpSocket:
              port: http
            timeoutSeconds: 5
          resources:
            requests:
              cpu: 5m
              memory: 16Mi
            limits:
              memory: 64Mi
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          volumeMounts:
            - name: policy
              mountPath: /srv/mta-sts
              readOnly: true
            - name: settings
              mountPath: /etc/nginx/conf.d
              readOnly: true
            - name: tmp
              mountPath: /tmp
      volumes:
        - name: policy
          configMap:
            name: @name@
            items:
              - key: mta-sts.txt
                path: mta-sts.txt
        - name: settings
          configMap:
            name: @name@
            items:
              - key: default.conf
                path: default.conf
        - name: tmp
          emptyDir:
            sizeLimit: 16Mi
---
apiVersion: v1
kind: Service
metadata:
  name: @name@
  labels:
    app.kubernetes.io/name: mta-sts
    app.kubernetes.io/instance: @name@
spec:
  selector:
    app.kubernetes.io/name: mta-sts
    app.kubernetes.io/instance: @name@
  ports:
    - name: http
      port: 80
      targetPort: http
)";

constexpr std::string_view kIngress =
    R"(# MTA-STS policy of @domain@ (RFC 8461): the way in, by an Ingress.
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: @name@
  labels:
    app.kubernetes.io/name: mta-sts
    app.kubernetes.io/instance: @name@
  annotations:
    # The name that `kubectl get clusterissuer` shows.
    cert-manager.io/cluster-issuer: letsencrypt
spec:
  # Without ingressClassName the cluster's default class serves it.
  tls:
    - hosts:
        - @host@
      secretName: @tls@
  rules:
    - host: @host@
      http:
        paths:
          - path: @path@
            pathType: Exact
            backend:
              service:
                name: @name@
                port:
                  name: http
)";

constexpr std::string_view kGateway =
    R"(# MTA-STS policy of @domain@ (RFC 8461): the way in, by the Gateway API instead of an Ingress.
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata:
  name: @name@
  labels:
    app.kubernetes.io/name: mta-sts
    app.kubernetes.io/instance: @name@
  annotations:
    # The name that `kubectl get clusterissuer` shows.
    cert-manager.io/cluster-issuer: letsencrypt
spec:
  # The name that `kubectl get gatewayclass` shows.
  gatewayClassName: gateway-class
  listeners:
    - name: https
      hostname: @host@
      port: 443
      protocol: HTTPS
      tls:
        mode: Terminate
        certificateRefs:
          - name: @tls@
    # For the HTTP-01 challenges of ACME alone; senders never use port 80.
    - name: http
      hostname: @host@
      port: 80
      protocol: HTTP
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: @name@
  labels:
    app.kubernetes.io/name: mta-sts
    app.kubernetes.io/instance: @name@
spec:
  parentRefs:
    - name: @name@
      sectionName: https
  hostnames:
    - @host@
  rules:
    - matches:
        - path:
            type: Exact
            value: @path@
      backendRefs:
        - name: @name@
          port: 80
)";

constexpr std::string_view kWayInStep =
    "Choose the way in: ingress.yaml, or gateway.yaml with the name of your GatewayClass. Set the "
    "name of cert-manager's issuer in the one that you use.";
constexpr std::string_view kApplyStep =
    "Run `kubectl apply -f server.yaml -f ingress.yaml`, or with gateway.yaml in the place of "
    "ingress.yaml.";
constexpr std::string_view kChangeStep =
    "After a change of the policy, wait two minutes before you change the TXT record's id: pods "
    "see "
    "a changed ConfigMap that late.";

// A double-quoted scalar with one line of the text in each line (YAML 1.2 §7.3.1): a backslash
// takes away the line end and the blanks that follow.
std::string quoted_lines(std::string_view text, std::string_view indent) {
  std::string scalar = "\"";
  for (std::string_view line : lines_of(text)) {
    const std::string quoted = double_quoted(line);
    std::string_view inner = std::string_view(quoted).substr(1, quoted.size() - 2);
    scalar += fmt::format("\\\n{}{}{}", indent, inner.starts_with(' ') ? "\\" : "", inner);
  }
  scalar += '"';
  return scalar;
}

std::string indented(std::string_view text, std::string_view indent) {
  std::string result;
  for (std::string_view line : lines_of(text)) result += fmt::format("{}{}", indent, line);
  return result;
}

std::string filled(std::string_view pattern, const HostedText& text) {
  const std::string name = double_quoted(resource_name_of(text.domain));
  const std::string tls = double_quoted(resource_name_of(text.domain) + "-tls");
  const std::string host = double_quoted(policy_host_of(text.domain));
  const std::string path = double_quoted(kPolicyPath);
  const std::string policy = quoted_lines(text.policy, "    ");
  const std::string locations = indented(
      nginx_locations(policy_host_of(text.domain), "alias /srv/mta-sts/mta-sts.txt"), "    ");
  return fill(pattern, {{"domain", text.domain},
                        {"name", name},
                        {"tls", tls},
                        {"host", host},
                        {"path", path},
                        {"policy", policy},
                        {"locations", locations}});
}

}  // namespace

Hosting kubernetes_hosting(const HostedText& text) {
  Hosting hosting;
  hosting.files = {
      {"server.yaml", filled(kWorkload, text)},
      {"ingress.yaml", filled(kIngress, text)},
      {"gateway.yaml", filled(kGateway, text)},
  };
  hosting.steps = {
      std::string(kWayInStep),
      std::string(kApplyStep),
      fmt::format("Publish A and AAAA records for {} with the addresses that `kubectl get ingress` "
                  "or `kubectl get gateway` shows, and wait until `kubectl get certificate` says "
                  "Ready.",
                  policy_host_of(text.domain)),
      std::string(kChangeStep),
      check_step(text),
  };
  return hosting;
}

}  // namespace mtasts::publish
