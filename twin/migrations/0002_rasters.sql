-- Rasters the twin keeps beside its layers: terrain and population. Which one of a
-- kind is shown stands in "shown", with the dataset as its number, as for layers.
CREATE TABLE raster (
    dataset INTEGER PRIMARY KEY,
    kind    VARCHAR NOT NULL,
    file    VARCHAR NOT NULL,
    bounds  DOUBLE[] NOT NULL,
    minimum DOUBLE NOT NULL,
    maximum DOUBLE NOT NULL,
    total   DOUBLE NOT NULL,
    cells   BIGINT NOT NULL
);
