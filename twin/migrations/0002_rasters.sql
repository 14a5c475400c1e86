-- Rasters the twin keeps beside its layers: terrain and population, one of each.
CREATE TABLE raster (
    kind    VARCHAR PRIMARY KEY,
    dataset INTEGER NOT NULL,
    file    VARCHAR NOT NULL,
    bounds  DOUBLE[] NOT NULL,
    minimum DOUBLE NOT NULL,
    maximum DOUBLE NOT NULL,
    total   DOUBLE NOT NULL,
    cells   BIGINT NOT NULL
);
