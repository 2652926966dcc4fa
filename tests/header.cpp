// Exists so that the precompiled header has a source to belong to.
