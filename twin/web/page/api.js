// Talking to the server: every failure becomes one sentence in both languages.

import {t} from './text.js';

/** A failure with its sentence; `text` holds {zh, en} when the server said it. */
export class Failure extends Error {
  constructor(text, code = '') {
    super(typeof text === 'string' ? text : text.en);
    this.text = typeof text === 'string' ? {zh: text, en: text} : text;
    this.code = code;
  }
}

function failure(status, body) {
  try {
    const problem = JSON.parse(body);
    if (problem.detail) return new Failure(problem.detail, problem.code);
  } catch { /* not a problem of ours */ }
  return new Failure(t('error.status', {status}));
}

/** The answer of the server as it is; failures are thrown with their sentence. */
export async function answer(address, options) {
  let reply;
  try {
    reply = await fetch(address, options);
  } catch {
    throw new Failure(t('error.offline'), 'offline');
  }
  if (!reply.ok) throw failure(reply.status, await reply.text());
  return reply;
}

export const get = async (address) => (await answer(address)).json();

export const send = async (method, address, body) =>
  (await answer(address, {method, headers: {'Content-Type': 'application/json'}, body: body && JSON.stringify(body)})).json();

/** Fetch a file and hand it to the browser's downloads. */
export async function save(address, name, method = 'GET') {
  const blob = await (await answer(address, {method})).blob();
  offer(blob, name);
  return blob.size;
}

/** Offer a blob as a download. */
export function offer(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Upload a file as it is; `progress` gets 0 to 1. Returns {promise, abort}. */
export function upload(address, file, progress) {
  const request = new XMLHttpRequest();
  const promise = new Promise((resolve, reject) => {
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onload = () =>
      request.status < 300 ? resolve(JSON.parse(request.responseText)) : reject(failure(request.status, request.responseText));
    request.onerror = () => reject(new Failure(t('error.upload'), 'offline'));
    request.onabort = () => reject(new Failure(t('error.aborted'), 'aborted'));
    request.open('POST', address);
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.send(file);
  });
  return {promise, abort: () => request.abort()};
}
