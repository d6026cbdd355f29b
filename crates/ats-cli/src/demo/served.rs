//! The end of `ats demo --serve`: the server in front of the mirror, with links to everything.

use anyhow::{Result, anyhow};
use ats_core::{Clock, Timestamp};
use ats_http::SystemClock;
use ats_simulator::{KeySpec, Simulator};
use ats_store::PRODUCTION;
use chrono::DateTime;
use serde_json::json;
use tokio::sync::watch::Receiver;

use super::Stage;
use crate::{
    exit::Exit,
    output::{self, say},
    serve::{self, Serving},
};

/// What a key lacks with which a second integration can be connected.
const LACKING: &str = "offersRead";

/// Who connects a second integration, if somebody follows the link.
pub(super) const SECOND: &str = "Second Company";

/// Serves until Ctrl-C.
pub(super) async fn serve(
    stage: &Stage,
    simulator: &Simulator,
    stop: Receiver<bool>,
) -> Result<Exit> {
    let serving = Serving::begin(stage.context(), &serve::Options::of_demo()).await?;
    let now = Timestamp::from(DateTime::from(SystemClock.wall()));
    let key = stage
        .context()
        .platform
        .create_api_key("demo", PRODUCTION, now)?;
    let link = serving
        .app
        .connect_link(SECOND, "ada@example.com")
        .await
        .map_err(|error| anyhow!("no link can be made: {}", error.message))?;
    let all = Simulator::all_permissions().into_iter();
    let some = all.filter(|permission| *permission != LACKING);
    let lesser = simulator.add_key(KeySpec::new("a key that lacks something", some));
    let base = format!("http://{}", serving.address);
    let integration = stage.integration().id.as_str();
    let login = serving.login_link();
    if stage.json {
        output::json(&json!({
            "server": base,
            "api_key": key.key,
            "integration_id": integration,
            "operator": login,
            "connect_link": link,
            "vendor_address": simulator.base_url(),
            "vendor_key": simulator.key(),
            "lesser_vendor_key": lesser,
        }))?;
    } else {
        say!();
        say!("{}", console::style("The server is up").bold());
        say!(
            "  the operator's pages    {}",
            login.unwrap_or_else(|| format!("{base}/login"))
        );
        say!("  the API's document      {base}/docs");
        say!("  server URL for SDKs     {base}/v1");
        say!("  API key                 {}", key.key);
        say!("  integration             {integration}");
        say!(
            "  in another terminal     ats status --database sqlite://{}",
            stage.context().database.display()
        );
        say!();
        say!("  curl -H 'Authorization: Bearer {}' \\", key.key);
        say!("    -H 'X-Integration-Id: {integration}' '{base}/v1/ats/candidates?page_size=2'");
        say!();
        say!("Connect a second integration as a customer would");
        say!("  the page                {link}");
        say!("  the vendor's address    {}", simulator.base_url());
        say!("  a key with everything   {}", simulator.key());
        say!("  one without {LACKING}  {lesser}");
        say!();
        say!("Ctrl-C ends it.");
    }
    serving.run(stop).await
}
