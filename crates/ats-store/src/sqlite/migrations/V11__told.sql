-- Whether those who listen were told of the end of a pass. What ended before anybody was is past.
ALTER TABLE passes ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
UPDATE passes SET told = 1 WHERE ended_at IS NOT NULL;
CREATE INDEX passes_untold ON passes (integration, key)
    WHERE told = 0 AND whole AND kind <> 'NAMED' AND ended_at IS NOT NULL;
