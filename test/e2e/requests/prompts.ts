import type { Room } from "./recorded-request.ts";

const YAML = { "content-type": "application/yaml" };
const GREETING = `name: greeting
version: "1.0.0"
description: Greets somebody
model: gpt-4o-mini
template: |
  Say hello to {{ name }} in {{ language }}.
variables:
  name: {type: string, required: true, min: 2}
  language: {type: string, default: English, options: [English, French]}
settings: {temperature: 0.5, max_tokens: 50}
tags: [chat, demo]
`;
const CHATTY = {
  name: "chatty",
  models: ["gpt-3.5-turbo", "claude-haiku-4-5"],
  messages: [
    { role: "system", content: "You are {{ role | default('a clerk') }}." },
    { role: "user", content: "{% for item in items %}- {{ item }}\n{% endfor %}" },
  ],
  variables: {
    items: { type: "list" },
    role: { type: "string", required: false },
    unused: { type: "string", required: false },
  },
  settings: { temperature: 0.2, frequency: 3 },
  tags: ["demo"],
  colour: "blue",
};

/** Publishing and reading. */
export const prompts: Room = {
  name: "prompts",
  requests: [
    { name: "list no prompts", path: "/v1/prompts" },
    { name: "publish YAML", method: "PUT", path: "/v1/prompts/greeting", headers: YAML, body: GREETING },
    { name: "publish the same again", method: "PUT", path: "/v1/prompts/greeting", headers: YAML, body: GREETING },
    { name: "publish JSON with warnings", method: "PUT", path: "/v1/prompts/chatty", body: CHATTY },
    {
      name: "publish a second version",
      method: "PUT",
      path: "/v1/prompts/greeting",
      headers: YAML,
      body: GREETING.replace("Say hello", "Wave"),
    },
    { name: "publish under another name", method: "PUT", path: "/v1/prompts/other", headers: YAML, body: GREETING },
    { name: "publish broken YAML", method: "PUT", path: "/v1/prompts/bad", headers: YAML, body: "a: [1" },
    {
      name: "publish broken JSON",
      method: "PUT",
      path: "/v1/prompts/bad",
      body: { toString: 1 },
      headers: { "content-type": "application/json; charset=utf-8" },
    },
    {
      name: "publish text that is no JSON as JSON",
      method: "PUT",
      path: "/v1/prompts/bad",
      headers: { "content-type": "application/json" },
      body: "{",
    },
    { name: "publish a list", method: "PUT", path: "/v1/prompts/bad", body: [1] },
    { name: "publish an empty body", method: "PUT", path: "/v1/prompts/bad", headers: YAML, body: "" },
    {
      name: "publish as HTML",
      method: "PUT",
      path: "/v1/prompts/bad",
      headers: { "content-type": "text/html" },
      body: "<p>",
    },
    {
      name: "publish a template that does not parse",
      method: "PUT",
      path: "/v1/prompts/bad",
      body: { name: "bad", template: "{% if x %}", variables: {} },
    },
    {
      name: "publish bad settings",
      method: "PUT",
      path: "/v1/prompts/bad",
      body: {
        name: "bad",
        template: "x",
        settings: { temperature: 9, max_tokens: 0 },
        variables: { a: { type: "colour" } },
      },
    },
    { name: "publish without a template", method: "PUT", path: "/v1/prompts/bad", body: { name: "bad" } },
    { name: "publish under a bad name", method: "PUT", path: "/v1/prompts/Bad%20Name", headers: YAML, body: GREETING },
    { name: "publish too large a file", method: "PUT", path: "/v1/prompts/bad", bodyBytes: 1_048_577 },
    { name: "read the newest version", path: "/v1/prompts/greeting" },
    { name: "read a version", path: "/v1/prompts/greeting?version=1" },
    { name: "read by the label latest", path: "/v1/prompts/greeting?label=latest" },
    { name: "read the file", path: "/v1/prompts/greeting?version=1", headers: { accept: "application/yaml" } },
    {
      name: "read the file of a prompt that came as JSON",
      path: "/v1/prompts/chatty",
      headers: { accept: "application/yaml" },
    },
    { name: "read the definition with its warnings", path: "/v1/prompts/chatty" },
    { name: "read an unknown version", path: "/v1/prompts/greeting?version=9" },
    { name: "read a bad version", path: "/v1/prompts/greeting?version=one" },
    { name: "read an unknown label", path: "/v1/prompts/greeting?label=none" },
    { name: "read by version and label", path: "/v1/prompts/greeting?version=1&label=latest" },
    { name: "read an unknown prompt", path: "/v1/prompts/none" },
    { name: "read another tenant's prompt", path: "/v1/prompts/neighbours-prompt" },
    { name: "read a prompt in a folder", path: "/v1/prompts/folder%2Fprompt" },
    { name: "list prompts", path: "/v1/prompts" },
    { name: "list the first prompt", path: "/v1/prompts?limit=1", keep: { next_prompts: "next_cursor" } },
    { name: "list the prompts after it", path: "/v1/prompts?limit=10&cursor=$next_prompts" },
    { name: "list prompts by tag", path: "/v1/prompts?tag=chat" },
    { name: "list prompts by a tag that none has", path: "/v1/prompts?tag=none" },
    { name: "list prompts by the beginning of their names", path: "/v1/prompts?prefix=gree" },
    { name: "list prompts and folders", path: "/v1/prompts?delimiter=/&limit=1" },
    { name: "list folders by tag", path: "/v1/prompts?delimiter=/&tag=chat" },
    { name: "list prompts by label", path: "/v1/prompts?label=production&limit=1" },
    { name: "list prompts by an empty tag", path: "/v1/prompts?tag=" },
    { name: "list prompts with a bad limit", path: "/v1/prompts?limit=many" },
    { name: "list prompts with a bad cursor", path: "/v1/prompts?cursor=%20" },
    { name: "list versions", path: "/v1/prompts/greeting/versions" },
    {
      name: "list the first version",
      path: "/v1/prompts/greeting/versions?limit=1",
      keep: { next_versions: "next_cursor" },
    },
    { name: "list the versions after it", path: "/v1/prompts/greeting/versions?cursor=$next_versions" },
    { name: "list versions of an unknown prompt", path: "/v1/prompts/none/versions" },
    { name: "list versions of another tenant's prompt", path: "/v1/prompts/neighbours-prompt/versions" },
  ],
};

const LABEL = "/v1/prompts/greeting/labels";

/** Labels, rendering and deletion. */
export const labels: Room = {
  name: "labels",
  setup: [
    { name: "publish", method: "PUT", path: "/v1/prompts/greeting", headers: YAML, body: GREETING },
    {
      name: "publish",
      method: "PUT",
      path: "/v1/prompts/greeting",
      headers: YAML,
      body: GREETING.replace("Say", "Cry"),
    },
    { name: "publish", method: "PUT", path: "/v1/prompts/chatty", body: CHATTY },
  ],
  requests: [
    { name: "label a version", method: "PUT", path: `${LABEL}/production`, body: { version: 1 } },
    { name: "read by the default label", path: "/v1/prompts/greeting" },
    {
      name: "split a label",
      method: "PUT",
      path: `${LABEL}/canary`,
      body: {
        split: [
          { version: 1, weight: 9 },
          { version: 2, weight: 1 },
        ],
      },
    },
    {
      name: "give a label one arm",
      method: "PUT",
      path: `${LABEL}/staging`,
      body: { split: [{ version: 2, weight: 1 }] },
    },
    { name: "read by a label with one arm", path: "/v1/prompts/greeting?label=staging" },
    { name: "list the labels", path: LABEL },
    { name: "list the labels of an unknown prompt", path: "/v1/prompts/none/labels" },
    {
      name: "move a label that means something else",
      method: "PUT",
      path: `${LABEL}/production`,
      headers: { "if-match": '"2"' },
      body: { version: 2 },
    },
    {
      name: "move a label, and say why",
      method: "PUT",
      path: `${LABEL}/production`,
      headers: { "if-match": '"1"' },
      body: { version: 2, reason: "louder" },
    },
    { name: "move it back", path: `${LABEL}/production/rollback`, body: { reason: "too loud" } },
    { name: "move it back further", path: `${LABEL}/production/rollback`, body: {} },
    { name: "move back an unknown label", path: `${LABEL}/none/rollback`, body: {} },
    { name: "read its history", path: `${LABEL}/production/history` },
    { name: "read the history of an unknown label", path: `${LABEL}/none/history` },
    { name: "delete a label", method: "DELETE", path: `${LABEL}/staging?reason=unused` },
    { name: "delete it again", method: "DELETE", path: `${LABEL}/staging` },
    { name: "read the history of a deleted label", path: `${LABEL}/staging/history` },
    { name: "label an unknown version", method: "PUT", path: `${LABEL}/production`, body: { version: 7 } },
    {
      name: "split among an unknown version",
      method: "PUT",
      path: `${LABEL}/canary`,
      body: { split: [{ version: 7, weight: 1 }] },
    },
    {
      name: "split with a bad weight",
      method: "PUT",
      path: `${LABEL}/canary`,
      body: { split: [{ version: 1, weight: 0 }] },
    },
    { name: "split among nothing", method: "PUT", path: `${LABEL}/canary`, body: { split: [] } },
    {
      name: "label with both forms",
      method: "PUT",
      path: `${LABEL}/canary`,
      body: { version: 1, split: [{ version: 1, weight: 1 }] },
    },
    { name: "label with a bad version", method: "PUT", path: `${LABEL}/canary`, body: { version: "one" } },
    { name: "set the label latest", method: "PUT", path: `${LABEL}/latest`, body: { version: 1 } },
    { name: "set a label with a bad name", method: "PUT", path: `${LABEL}/Bad%20Label`, body: { version: 1 } },
    { name: "label with broken JSON", method: "PUT", path: `${LABEL}/production`, body: "{" },
    {
      name: "label an unknown prompt",
      method: "PUT",
      path: "/v1/prompts/none/labels/production",
      body: { version: 1 },
    },
    {
      name: "label another tenant's prompt",
      method: "PUT",
      path: "/v1/prompts/neighbours-prompt/labels/production",
      body: { version: 1 },
    },
    { name: "render", path: "/v1/prompts/greeting/render", body: { variables: { name: "Ada" } } },
    { name: "render a version", path: "/v1/prompts/greeting/render", body: { variables: { name: "Ada" }, version: 2 } },
    {
      name: "render a label",
      path: "/v1/prompts/greeting/render",
      body: { variables: { name: "Ada", language: "French" }, label: "staging" },
    },
    { name: "render several messages", path: "/v1/prompts/chatty/render", body: { variables: { items: ["a", "b"] } } },
    { name: "render without a required variable", path: "/v1/prompts/greeting/render", body: {} },
    {
      name: "render with bad variables",
      path: "/v1/prompts/greeting/render",
      body: { variables: { name: "A", language: "Latin" } },
    },
    {
      name: "render with variables of the wrong type",
      path: "/v1/prompts/greeting/render",
      body: { variables: { name: 1, language: [] } },
    },
    { name: "render with variables that are a list", path: "/v1/prompts/greeting/render", body: { variables: [] } },
    {
      name: "render an unknown version",
      path: "/v1/prompts/greeting/render",
      body: { variables: { name: "Ada" }, version: 9 },
    },
    {
      name: "render an unknown label",
      path: "/v1/prompts/greeting/render",
      body: { variables: { name: "Ada" }, label: "none" },
    },
    {
      name: "render by version and label",
      path: "/v1/prompts/greeting/render",
      body: { variables: { name: "Ada" }, version: 1, label: "staging" },
    },
    { name: "render with broken JSON", path: "/v1/prompts/greeting/render", body: "{" },
    { name: "render an unknown prompt", path: "/v1/prompts/none/render", body: {} },
    { name: "render another tenant's prompt", path: "/v1/prompts/neighbours-prompt/render", body: {} },
    { name: "purge stored answers", method: "DELETE", path: "/v1/cache?prompt=greeting" },
    { name: "purge without a prompt", method: "DELETE", path: "/v1/cache" },
    { name: "purge a bad name", method: "DELETE", path: "/v1/cache?prompt=Bad" },
    { name: "purge an unknown prompt", method: "DELETE", path: "/v1/cache?prompt=none" },
    { name: "purge another tenant's prompt", method: "DELETE", path: "/v1/cache?prompt=neighbours-prompt" },
    { name: "delete a prompt", method: "DELETE", path: "/v1/prompts/chatty" },
    { name: "delete a prompt that is gone", method: "DELETE", path: "/v1/prompts/chatty" },
    { name: "delete another tenant's prompt", method: "DELETE", path: "/v1/prompts/neighbours-prompt" },
    { name: "read a deleted prompt", path: "/v1/prompts/chatty" },
    { name: "publish a deleted prompt anew", method: "PUT", path: "/v1/prompts/chatty", body: CHATTY },
  ],
};
