// The texts of annotations, `annotations.<key>`, and when something was said.

import {moment} from '../map/format.js';
import {text} from '../map/text.js';

/** The text called `annotations.<key>`, with {names} filled in. */
export const t = (key, values) => text(`annotations.${key}`, values);

/** A moment of the server (UTC) in the reader's time zone, to the minute. */
export const when = (instant) => moment(new Date(instant));
