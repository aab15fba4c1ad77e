// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors
//
// node manifests.mjs CACHE < [manifest, …]  prints [[error, …], …]: each manifest against the JSON schema of its
// kind, from the npm packages kubernetes-models, @kubernetes-models/prometheus-operator and
// @kubernetes-models/gateway-api below CACHE.
//
// Their schemas come compiled and let unknown fields pass, as an API server does, silently. A misplaced field is the
// commonest fault of a chart, so the validators get the manifest through a proxy that records which fields they
// read: a field that none has read is unknown.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(process.argv[2] + "/");

const PACKAGES = {
  "monitoring.coreos.com": "@kubernetes-models/prometheus-operator",
  "gateway.networking.k8s.io": "@kubernetes-models/gateway-api",
};

// Objects without fields of their own in the schema: whatever is in them is right.
const OPEN = new Set(["creationTimestamp"]);

function schemaOf({ apiVersion = "", kind = "" }) {
  const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
  const Model = require([PACKAGES[group] ?? "kubernetes-models", group, version].filter(Boolean).join("/"))[kind];
  if (!Model) throw new Error(`there is no kind ${kind} in ${apiVersion}`);
  return Model;
}

function watched(value, path, seen) {
  if (value === null || typeof value !== "object") return value;
  const inner = new Map();
  return new Proxy(value, {
    get(target, key) {
      const found = Reflect.get(target, key);
      if (typeof key !== "string" || typeof found === "function" || !Object.hasOwn(target, key)) return found;
      seen.add(`${path}/${key}`);
      if (!inner.has(key)) inner.set(key, watched(found, `${path}/${key}`, seen));
      return inner.get(key);
    },
  });
}

function* unseen(value, path, seen) {
  if (value === null || typeof value !== "object") return;
  for (const [key, one] of Object.entries(value)) {
    const at = `${path}/${key}`;
    if (seen.has(at)) yield* unseen(one, at, seen);
    else if (!Array.isArray(value) && !OPEN.has(key)) yield at;
  }
}

function errorsOf(manifest) {
  try {
    const Model = schemaOf(manifest);
    const seen = new Set(["/apiVersion", "/kind"]);
    const errors = [];
    try {
      // A model of an older package finds its schema by a symbol of its prototype.
      watched(Object.assign(Object.create(Model.prototype), manifest), "", seen).validate();
    } catch (error) {
      const all = error.errors ?? [];
      if (!all.length) throw error;
      errors.push(...all.map((one) => `${one.instancePath}: ${one.message ?? JSON.stringify(one.params)}`));
    }
    return [...errors, ...[...unseen(manifest, "", seen)].map((path) => `${path}: unknown field`)];
  } catch (error) {
    return [String(error)];
  }
}

console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(errorsOf)));
