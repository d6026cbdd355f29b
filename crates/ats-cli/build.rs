//! Lists the support pages that are built into the binary, so that nobody has to.

use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let pages = here.join("../../docs/support").canonicalize()?;
    println!("cargo::rerun-if-changed={}", pages.display());
    let mut slugs = Vec::new();
    for entry in fs::read_dir(&pages)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "json") {
            slugs.extend(
                path.file_stem()
                    .map(|slug| slug.to_string_lossy().into_owned()),
            );
        }
    }
    slugs.sort();
    let entries = slugs.iter().map(|slug| {
        let page = |ending: &str| pages.join(format!("{slug}.{ending}"));
        format!(
            "Pages {{ slug: {slug:?}, markdown: include_str!({:?}), json: include_str!({:?}) }},\n",
            page("md"),
            page("json")
        )
    });
    let list = format!("&[\n{}]\n", entries.collect::<String>());
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("pages.rs"), list)?;
    Ok(())
}
