// Where the numbers of a building model come from: the file that was received, read as it is.

import {evidenceButton} from '../evidence/card.js';
import {number} from '../map/format.js';
import {t} from './text.js';

/** The button that opens the evidence of a number of the open model; `method` is a text of this page, `figure` the number written out. */
export function modelEvidence(page, what, method, figure = '') {
  return evidenceButton(page.app.host, what, () => {
    const {model} = page.session;
    if (!model) return null;
    const version = model.versions.find((item) => item.number === model.version);
    return {
      figure, as_of: version?.at?.slice(0, 10), method: t(method), origin: null,
      parameters: {ifc_schema: model.document.schema, application: model.document.application, sha256: version?.sha256?.slice(0, 16), elements: number(model.document.drawn)},
      datasets: [{name: version?.name ?? model.name, source: model.name, generation: model.version, imported_at: version?.at, licence: null}],
    };
  });
}
