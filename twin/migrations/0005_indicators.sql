-- Values of the plan's indicators entered by hand. Rows are never changed: of one indicator and date the newest
-- holds, older ones are what it was corrected from, and one without a value takes the date back.
CREATE TABLE indicator_entry (
    id         INTEGER PRIMARY KEY,
    no         INTEGER NOT NULL,
    value      DOUBLE,
    as_of      DATE NOT NULL,
    source     VARCHAR NOT NULL,
    author     VARCHAR NOT NULL,
    note       VARCHAR NOT NULL,
    entered_at TIMESTAMP NOT NULL
);
-- Values the twin computed, noted once for each state of their inputs. "inputs" names the generations and
-- parameters, "evidence" is the card as JSON.
CREATE TABLE indicator_figure (
    id          INTEGER PRIMARY KEY,
    no          INTEGER NOT NULL,
    inputs      VARCHAR NOT NULL,
    value       DOUBLE NOT NULL,
    as_of       VARCHAR NOT NULL,
    origin      VARCHAR NOT NULL,
    evidence    VARCHAR NOT NULL,
    computed_at TIMESTAMP NOT NULL
);
