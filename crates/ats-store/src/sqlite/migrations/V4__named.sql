-- Passes of a kind NAMED are as many as there are actions and events. Whoever asks for passes means
-- the others, so those are found without them.
CREATE INDEX passes_that_walk ON passes (integration, key) WHERE kind <> 'NAMED';
