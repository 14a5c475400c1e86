-- Annotations: remarks pinned to a place or to an object, of the city ("scenario" empty) or of one scenario.
-- lon, lat is where the pin was put. "layer" and "fid" name the object it is pinned to, which then stood at
-- from_lon, from_lat: the pin follows it from there. Replies are JSON, in their order.
CREATE TABLE annotation (
    id          VARCHAR PRIMARY KEY,
    lon         DOUBLE NOT NULL,
    lat         DOUBLE NOT NULL,
    height_m    DOUBLE NOT NULL,
    layer       VARCHAR NOT NULL,
    fid         BIGINT,
    from_lon    DOUBLE,
    from_lat    DOUBLE,
    object_name VARCHAR NOT NULL,
    scenario    VARCHAR NOT NULL,
    title       VARCHAR NOT NULL,
    text        VARCHAR NOT NULL,
    author      VARCHAR NOT NULL,
    replies     VARCHAR NOT NULL,
    resolved_by VARCHAR NOT NULL,
    resolved_at TIMESTAMP,
    created_at  TIMESTAMP NOT NULL,
    changed_at  TIMESTAMP NOT NULL
);
