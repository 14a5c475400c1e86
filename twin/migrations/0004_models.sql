-- Building models. Their files lie in the folder "models" of the home, one folder a version, which never
-- changes once it is there; a version without its row is what a crash left and is swept away.
CREATE TABLE model (
    id         VARCHAR PRIMARY KEY,
    name       VARCHAR NOT NULL,
    building   BIGINT,
    version    INTEGER NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE TABLE model_version (
    model       VARCHAR NOT NULL,
    number      INTEGER NOT NULL,
    file_name   VARCHAR NOT NULL,
    sha256      VARCHAR NOT NULL,
    bytes       BIGINT NOT NULL,
    ifc_schema  VARCHAR NOT NULL,
    outcome     VARCHAR NOT NULL,
    findings    INTEGER NOT NULL,
    storeys     INTEGER NOT NULL,
    height_m    DOUBLE,
    received_at TIMESTAMP NOT NULL,
    PRIMARY KEY (model, number)
);
-- Where a model stands, as JSON of bim.georeference.placement. The newest row of a model holds; older ones are
-- its history. "origin" is the point of the model's own axes (m) that the placement puts on the ground, so that
-- the next version, whose origin may be another, comes to stand in the same place.
CREATE TABLE placement (
    step      INTEGER PRIMARY KEY,
    model     VARCHAR NOT NULL,
    version   INTEGER NOT NULL,
    building  BIGINT,
    placement VARCHAR NOT NULL,
    origin    DOUBLE[] NOT NULL,
    placed_at TIMESTAMP NOT NULL
);
-- Conversions on their way: a row that is there when a server starts was cut off by a crash.
CREATE TABLE model_job (
    id          VARCHAR PRIMARY KEY,
    name        VARCHAR NOT NULL,
    model       VARCHAR,
    received_at TIMESTAMP NOT NULL
);
