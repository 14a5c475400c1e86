-- Tours: viewpoints in their order, kept as JSON, never the pictures. "changed" tells two editors of one tour apart.
CREATE TABLE tour (
    id         VARCHAR PRIMARY KEY,
    name       VARCHAR NOT NULL,
    note       VARCHAR NOT NULL,
    author     VARCHAR NOT NULL,
    viewpoints VARCHAR NOT NULL,
    created    TIMESTAMP NOT NULL,
    changed    TIMESTAMP NOT NULL
);
