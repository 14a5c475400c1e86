// A page that asks the server: it knows what is out, and tells in one sentence what failed.

import {Mode} from '../map/mode.js';
import {sentence} from './text.js';

export class AskingMode extends Mode {
  #works = new Set();

  /** Wait for a request with the thin bar. */
  work(promise) {
    const done = this.app.shell ? this.app.shell.work(promise) : promise;
    this.#works.add(done);
    const end = () => this.#works.delete(done);
    done.then(end, end);
    return done;
  }

  /** Do something that may fail; failures become one sentence. */
  async attempt(promise) {
    try {
      return await this.work(promise);
    } catch (error) {
      console.warn(error);
      this.app.shell.say(sentence(error));
      return null;
    }
  }

  async settled() {
    await this.loaded;
    while (this.#works.size) await Promise.allSettled([...this.#works]);
  }
}
