-- Scenarios: the city as it is shown, plus a list of edits kept as JSON, never the result.
-- "revision" grows with every change, so that what was computed from one is known to be old.
CREATE TABLE scenario (
    id         VARCHAR PRIMARY KEY,
    name       VARCHAR NOT NULL,
    author     VARCHAR NOT NULL,
    note       VARCHAR NOT NULL,
    edits      VARCHAR NOT NULL,
    next_edit  INTEGER NOT NULL,
    revision   INTEGER NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
