-- The catalogue: what came in, what it became, and which generation is shown.
CREATE TABLE dataset (
    id          INTEGER PRIMARY KEY,
    layer       VARCHAR NOT NULL,
    name        VARCHAR NOT NULL,
    file_name   VARCHAR,
    sha256      VARCHAR,
    source      VARCHAR,
    licence     VARCHAR,
    data_date   VARCHAR,
    imported_at TIMESTAMP NOT NULL,
    crs_declared VARCHAR,
    crs_found   VARCHAR,
    crs_report  VARCHAR,
    rows_in     BIGINT NOT NULL,
    accepted    BIGINT NOT NULL,
    rejected    BIGINT NOT NULL,
    synthetic   BOOLEAN NOT NULL,
    parameters  VARCHAR
);
CREATE TABLE fault (
    dataset   INTEGER NOT NULL,
    row_no    BIGINT,
    key       VARCHAR,
    rejected  BOOLEAN NOT NULL,
    reason_zh VARCHAR NOT NULL,
    reason_en VARCHAR NOT NULL,
    value     VARCHAR
);
CREATE TABLE generation (
    layer      VARCHAR NOT NULL,
    number     INTEGER NOT NULL,
    file       VARCHAR NOT NULL,
    rows       BIGINT NOT NULL,
    checksum   VARCHAR NOT NULL,
    datasets   INTEGER[] NOT NULL,
    people     BIGINT,
    bounds     DOUBLE[],
    columns    VARCHAR[] NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (layer, number)
);
-- The generation shown for each layer, and the stack that undo steps back through.
CREATE TABLE history (
    step       INTEGER NOT NULL,
    layer      VARCHAR NOT NULL,
    number     INTEGER,
    action     VARCHAR NOT NULL,
    done_at    TIMESTAMP NOT NULL
);
CREATE TABLE shown (
    layer  VARCHAR PRIMARY KEY,
    number INTEGER NOT NULL
);
-- Serials of city identifiers, never given twice.
CREATE TABLE serial (
    layer VARCHAR NOT NULL,
    town  INTEGER NOT NULL,
    next  INTEGER NOT NULL,
    PRIMARY KEY (layer, town)
);
