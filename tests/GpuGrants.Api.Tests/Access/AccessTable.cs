using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Access;

/// <summary>Every endpoint and whom it lets in. What ends a resource comes after what needs it.</summary>
internal static class AccessTable
{
    // Columns: platform administrator | programme administrator, reviewer | provider operator | organization owner, member | partner
    // | strangers: owner of another organization, administrator of another programme, operator of another provider, another partner.
    public static readonly IReadOnlyList<AccessRow> Rows =
    [
        new("GET /v1/me", "Y YY Y YY Y YYYY"),
        // Nobody of the cast signed up, so these refuse by 409 whomever they let in.
        new("PATCH /v1/me", "Y YY Y YY Y YYYY") { Body = _ => new { name = "Renamed" } },
        new("GET /v1/me/mail", "Y YY Y YY Y YYYY"),
        new("PATCH /v1/me/mail", "Y YY Y YY Y YYYY") { Body = _ => new { verdicts = false } },
        new("GET /v1/caller-addresses", "Y FF F FF F FFFF"),
        new("GET /v1/mails", "Y FF F FF F FFFF"),
        new("POST /v1/mails/bounces", "Y FF F FF F FFFF") { Body = _ => new { email = "gone@example.org" } },
        new("POST /v1/me/email-changes", "Y YY Y YY Y YYYY") { Body = _ => new { email = "new@example.org" } },
        new("POST /v1/me/email-changes/{id:guid}/confirm", "Y YY Y YY Y YYYY")
        {
            Path = _ => Task.FromResult($"/v1/me/email-changes/{Guid.CreateVersion7()}/confirm"),
            Body = _ => new { oldCode = "12345678", newCode = "12345678" },
        },
        new("GET /v1/me/confirmations", "Y YY Y YY Y YYYY"),
        new("POST /v1/me/confirmations", "Y YY Y YY Y YYYY") { Body = _ => new { guardianEmail = "parent@example.org" } },
        new("GET /v1/me/identities", "Y YY Y YY Y YYYY"),
        new("POST /v1/me/identities", "Y YY Y YY Y YYYY") { Body = _ => new { token = "none" } },
        new("DELETE /v1/me/identities/{id:guid}", "Y YY Y YY Y YYYY")
        {
            Path = _ => Task.FromResult($"/v1/me/identities/{Guid.CreateVersion7()}"),
        },
        new("DELETE /v1/me", "Y YY Y YY Y YYYY"),
        new("GET /v1/administrators", "Y FF F FF F FFFF"),
        new("POST /v1/administrators", "Y FF F FF F FFFF") { Body = _ => new { name = "Second administrator" } },
        new("DELETE /v1/administrators/{principalId:guid}", "Y FF F FF F FFFF")
        {
            Path = async cast => $"/v1/administrators/{await cast.NewMemberAsync("/v1/administrators", null)}",
        },
        new("GET /v1/independence-waivers", "Y YY Y YY Y YYYY") { Shows = cast => cast["independence-waivers"] },
        new("POST /v1/independence-waivers", "Y FF F FF F FFFF")
        {
            Body = cast => new { reason = "Nobody else yet", expiresAt = cast.World.Now.AddDays(9) },
        },
        new("POST /v1/independence-waivers/{id:guid}/end", "Y FF F FF F FFFF"),
        new("POST /v1/principals/{id:guid}/suspend", "Y FF F FF F FFFF")
        {
            Path = async cast => $"/v1/principals/{await cast.NewMemberAsync("/v1/administrators", null)}/suspend",
            Body = _ => new { reason = "Sold the time on" },
        },
        new("POST /v1/principals/{id:guid}/lift-suspension", "Y FF F FF F FFFF")
        {
            Path = async cast => $"/v1/principals/{await cast.NewMemberAsync("/v1/administrators", null)}/lift-suspension",
        },
        new("POST /v1/organizations/{id:guid}/suspend", "Y FF F FF F FFFF")
        {
            Path = async cast => $"/v1/organizations/{(await cast.World.Organization(name: "Stopped")).Id}/suspend",
            Body = _ => new { reason = "Sold the time on" },
        },
        new("POST /v1/organizations/{id:guid}/lift-suspension", "Y FF F FF F FFFF"),
        // No mail can be sent in this world, so everybody is refused alike; InvitationTests shows whom it lets in.
        new("POST /v1/invitations", "F FF F FF F FFFF")
        {
            Body = cast => new
            {
                email = "new@example.org",
                role = "organization-member",
                resourceId = cast["organizations"],
            },
        },
        new("GET /v1/invitations", "Y YY Y YY Y YYYY"),
        new("POST /v1/invitations/{id:guid}/withdraw", "N NN N NN N NNNN"),
        new("POST /v1/terms", "Y YF F FF F FFFF")
        {
            Body = cast => new
            {
                programmeId = cast["frozen"],
                title = "Terms of use",
                text = "Be kind.",
            },
        },
        new("POST /v1/terms/{id:guid}/accept", "Y YY Y YY Y YYYY"),
        new("GET /v1/freezes", "Y YE E EE E EEEE") { Shows = cast => cast["freezes"] },
        new("POST /v1/freezes", "Y YF F FF F FFFF")
        {
            Body = cast => new
            {
                scope = "programme",
                resourceId = cast["frozen"],
                reason = "We look at it",
            },
        },
        new("POST /v1/freezes/{id:guid}/lift", "Y YN N NN N NNNN"),
        new("GET /v1/clients", "Y EE E YE E EEEE") { Shows = cast => cast["clientId"] },
        new("POST /v1/clients", "Y YY Y YY Y YYYY") { Body = _ => new { name = "Another client" } },
        new("GET /v1/organizations", "Y EE E YY E EEEE") { Shows = cast => cast["organizations"] },
        new("POST /v1/organizations", "Y YY Y YY Y YYYY")
        {
            Body = _ => new
            {
                kind = "startup",
                name = "New",
                country = "KR",
            },
        },
        new("GET /v1/organizations/{id:guid}", "Y YY N YY N NNNN"),
        new("PATCH /v1/organizations/{id:guid}", "Y FF N YF N NNNN") { Body = _ => new { name = "Renamed" } },
        new("GET /v1/organizations/{id:guid}/verifications", "Y FF N YF N NNNN"),
        new("POST /v1/organizations/{id:guid}/verifications", "Y FF N FF N NNNN")
        {
            Body = _ => new { level = "identity", evidence = "The register of companies" },
        },
        new("POST /v1/organizations/{id:guid}/withdraw-verification", "Y FF N FF N NNNN"),
        new("GET /v1/organizations/{id:guid}/domain-proofs", "Y FF N YF N NNNN"),
        new("POST /v1/organizations/{id:guid}/domain-proofs", "Y FF N YF N NNNN") { Body = _ => new { domain = "hangang.example" } },
        new("POST /v1/organizations/{id:guid}/domain-proofs/{proofId:guid}/check", "N FF N NF N NNNN")
        {
            Path = cast => Task.FromResult($"/v1/organizations/{cast["organizations"]}/domain-proofs/{Guid.CreateVersion7()}/check"),
        },
        new("GET /v1/organizations/{id:guid}/confirmations", "F FF N YF N NNNN"),
        new("POST /v1/organizations/{id:guid}/confirmations", "F FF N YF N NNNN")
        {
            Body = _ => new { principalId = Guid.CreateVersion7() },
        },
        new("POST /v1/organizations/{id:guid}/confirmations/{confirmationId:guid}/withdraw", "F FF N NF N NNNN")
        {
            Path = cast => Task.FromResult($"/v1/organizations/{cast["organizations"]}/confirmations/{Guid.CreateVersion7()}/withdraw"),
        },
        new("POST /v1/organizations/{id:guid}/handovers", "B FF N BF N NNNN") { Body = _ => new { } },
        new("GET /v1/handovers", "Y YY Y YY Y YYYY"),
        new("POST /v1/handovers/{id:guid}/accept", "N NN N NN N NNNN")
        {
            Path = _ => Task.FromResult($"/v1/handovers/{Guid.CreateVersion7()}/accept"),
        },
        new("POST /v1/handovers/{id:guid}/stop", "N NN N NN N NNNN")
        {
            Path = _ => Task.FromResult($"/v1/handovers/{Guid.CreateVersion7()}/stop"),
        },
        new("POST /v1/organizations/{id:guid}/identity-proofs", "F FF N BF N NNNN") { Body = _ => new { token = "none" } },
        new("GET /v1/organizations/{id:guid}/members", "Y YY N YY N NNNN"),
        new("POST /v1/organizations/{id:guid}/members", "Y FF N YF N NNNN") { Body = _ => new { name = "New member" } },
        new("DELETE /v1/organizations/{id:guid}/members/{principalId:guid}", "Y FF N YF N NNNN")
        {
            Path = async cast =>
                $"/v1/organizations/{cast["organizations"]}/members/{await cast.NewMemberAsync($"/v1/organizations/{cast["organizations"]}/members", null)}",
        },
        new("GET /v1/organizations/{id:guid}/projects", "Y YY N YY N NNNN") { Shows = cast => cast["projectId"] },
        new("POST /v1/organizations/{id:guid}/projects", "Y FF N YY N NNNN") { Body = _ => new { name = "Vision" } },
        new("GET /v1/organizations/{id:guid}/projects/{projectId:guid}", "Y YY N YY N NNNN"),
        new("PATCH /v1/organizations/{id:guid}/projects/{projectId:guid}", "Y FF N YY N NNNN") { Body = _ => new { name = "Sound" } },
        new("GET /v1/organizations/{id:guid}/limits", "Y FF N YY N NNNN") { Shows = cast => cast["limitId"] },
        new("POST /v1/organizations/{id:guid}/limits", "Y FF N YF N NNNN") { Body = _ => Cast.NewLimit },
        new("GET /v1/organizations/{id:guid}/limits/{limitId:guid}", "Y FF N YY N NNNN"),
        new("PATCH /v1/organizations/{id:guid}/limits/{limitId:guid}", "Y FF N YF N NNNN") { Body = _ => new { limit = 999_999 } },
        new("GET /v1/organizations/{id:guid}/headroom", "Y YY N YY N NNNN") { Query = cast => $"?programmeId={cast["programmes"]}" },
        new("GET /v1/partners", "Y EE E EE Y EEEE") { Shows = cast => cast["partners"] },
        new("POST /v1/partners", "Y FF F FF F FFFF") { Body = _ => new { name = "Third portal" } },
        new("GET /v1/partners/{id:guid}", "Y NN N NN Y NNNN"),
        new("PATCH /v1/partners/{id:guid}", "Y FF F FF F FFFF") { Body = _ => new { name = "Renamed" } },
        new("POST /v1/partners/{id:guid}/people", "F NN N NN Y NNNN") { Body = Cast.PartnerPerson },
        new("GET /v1/partners/{id:guid}/people", "Y NN N NN Y NNNN"),
        new("DELETE /v1/partners/{id:guid}/people/{personId:guid}", "Y NN N NN Y NNNN")
        {
            Path = async cast => $"/v1/partners/{cast["partners"]}/people/{await cast.PartnerPersonAsync()}",
        },
        new("GET /v1/programmes/{id:guid}/partners", "Y YF F FF F FFFF"),
        new("PUT /v1/programmes/{id:guid}/partners/{partnerId:guid}", "Y YF F FF F FFFF") { Body = _ => Cast.Trust },
        new("DELETE /v1/programmes/{id:guid}/partners/{partnerId:guid}", "Y YF F FF F FFFF")
        {
            Path = async cast =>
            {
                var path = $"/v1/programmes/{cast["programmes"]}/partners/{cast["partnerId"]}";
                (await cast.World.Admin.Put(path, Cast.Trust)).Expect(System.Net.HttpStatusCode.OK);
                return path;
            },
        },
        new("POST /v1/partners/{id:guid}/consents", "F NN N NN Y NNNN") { Body = _ => Cast.Consent },
        new("POST /v1/organizations/{id:guid}/consents", "F NN N YF N NNNN") { Body = _ => Cast.Consent },
        new("POST /v1/me/consents", "Y YY Y YY Y YYYY") { Body = _ => Cast.Consent },
        new("GET /v1/consents", "Y EE E YY Y EEEE") { Shows = cast => cast["consents"] },
        new("GET /v1/consents/{id:guid}", "Y NN N YY Y NNNN"),
        new("POST /v1/consents/read", "Y YY Y YY Y YYYY")
        {
            Path = async cast =>
            {
                cast.Code = await cast.ConsentCodeAsync();
                return "/v1/consents/read";
            },
            Body = cast => new { code = cast.Code },
        },
        new("POST /v1/consents", "B BB B YF B BBBB")
        {
            Path = async cast =>
            {
                cast.Code = await cast.ConsentCodeAsync();
                return "/v1/consents";
            },
            Body = cast => new { code = cast.Code, organizationId = cast["organizations"] },
        },
        new("POST /v1/consents/{id:guid}/end", "Y NN N YF Y NNNN") { Path = async cast => $"/v1/consents/{await cast.ConsentAsync()}/end" },
        new("POST /v1/partners/{id:guid}/members", "Y FF F FF F FFFF") { Body = _ => new { name = "Portal's program" } },
        new("GET /v1/programmes", "Y YY Y YY Y YYYY") { Shows = cast => cast["programmes"] },
        new("POST /v1/programmes", "Y YF F FF F FFFF")
        {
            Body = cast => new
            {
                name = "Below",
                timeZone = "UTC",
                parentId = cast["programmes"],
            },
        },
        new("GET /v1/programmes/{id:guid}", "Y YY Y YY Y YYYY"),
        new("PATCH /v1/programmes/{id:guid}", "Y YF F FF F FFFF") { Body = _ => new { description = "Changed" } },
        new("GET /v1/programmes/{id:guid}/members", "Y YF F FF F FFFF"),
        new("POST /v1/programmes/{id:guid}/members", "Y YF F FF F FFFF") { Body = _ => new { name = "New reviewer" } },
        new("DELETE /v1/programmes/{id:guid}/members/{principalId:guid}", "Y YF F FF F FFFF")
        {
            Path = async cast =>
                $"/v1/programmes/{cast["programmes"]}/members/{await cast.NewMemberAsync($"/v1/programmes/{cast["programmes"]}/members", null)}",
        },
        new("POST /v1/programmes/{id:guid}/fund", "Y FF F FF F FFFF") { Body = _ => new { credits = 1, reason = "A sponsor pays" } },
        new("POST /v1/programmes/{id:guid}/write-off", "Y YF F FF F FFFF") { Body = _ => new { credits = 1, reason = "Lost" } },
        new("GET /v1/gpu-models", "Y YY Y YY Y YYYY") { Shows = cast => cast["gpu-models"] },
        new("POST /v1/gpu-models", "Y FF F FF F FFFF")
        {
            Body = _ => new
            {
                id = "a100",
                name = "A100",
                gpuClass = "datacenter",
                memoryGib = 80,
                vendor = "NVIDIA",
            },
        },
        new("GET /v1/gpu-models/{id}", "Y YY Y YY Y YYYY"),
        new("PATCH /v1/gpu-models/{id}", "Y FF F FF F FFFF") { Body = _ => new { name = "Renamed" } },
        new("GET /v1/providers", "Y YY Y YY Y YYYY") { Shows = cast => cast["providers"] },
        new("POST /v1/providers", "Y FF F FF F FFFF") { Body = _ => new { name = "Third Cloud", country = "KR" } },
        new("GET /v1/providers/{id:guid}", "Y YY Y YY Y YYYY"),
        new("PATCH /v1/providers/{id:guid}", "Y FF Y FF F FFFF") { Body = _ => new { website = "https://cloud.example" } },
        new("GET /v1/providers/{id:guid}/operators", "Y FF Y FF F FFFF"),
        new("POST /v1/providers/{id:guid}/operators", "Y FF Y FF F FFFF") { Body = _ => new { name = "New operator" } },
        new("DELETE /v1/providers/{id:guid}/operators/{principalId:guid}", "Y FF Y FF F FFFF")
        {
            Path = async cast =>
                $"/v1/providers/{cast["providers"]}/operators/{await cast.NewMemberAsync($"/v1/providers/{cast["providers"]}/operators", null)}",
        },
        new("GET /v1/offers", "Y YY Y YY Y YYYY") { Shows = cast => cast["offers"] },
        new("POST /v1/offers", "Y FF Y FF F FFFF")
        {
            Body = cast => new
            {
                programmeId = cast["programmes"],
                providerId = cast["providers"],
                gpuModel = "h100",
                region = "eu-west",
                capacityGpuHours = 1,
                rate = 9,
            },
        },
        new("GET /v1/offers/search", "Y YY Y YY Y YYYY"),
        new("GET /v1/offers/{id:guid}", "Y YY Y YY Y YYYY"),
        new("PATCH /v1/offers/{id:guid}", "Y FF Y FF F FFFF") { Body = _ => new { maxGpus = 32 } },
        // A quote is its person's own.
        new("POST /v1/quotes", "B BB B YY B BBBB")
        {
            Body = cast => new
            {
                organizationId = cast["organizations"],
                programmeId = cast["programmes"],
                gpuHours = 0.01m,
            },
        },
        new("GET /v1/quotes", "Y YY Y YY Y YYYY"),
        new("GET /v1/quotes/{id:guid}", "N NN N YN N NNNN"),
        new("POST /v1/offers/import", "Y YY Y YY Y YYYY") { Body = Cast.PriceList },
        new("POST /v1/offers/{id:guid}/rates", "Y FF Y FF F FFFF")
        {
            Body = cast => new { rate = 1, effectiveFrom = cast.World.Now.AddDays(Random.Shared.Next(1, 3_000)) },
        },
        new("POST /v1/offers/{id:guid}/accept", "Y YF F FF F FFFF"),
        new("POST /v1/offers/{id:guid}/reject", "Y YF F FF F FFFF") { Body = _ => new { reason = "Too dear" } },
        new("GET /v1/programmes/{id:guid}/standing-terms", "Y YY Y EE E EEEE") { Shows = cast => cast["standing-terms"] },
        new("POST /v1/programmes/{id:guid}/standing-terms", "Y YF F FF F FFFF") { Body = Cast.StandingTerms },
        new("GET /v1/standing-terms/{id:guid}", "Y YY Y NN N NNNN"),
        new("POST /v1/standing-terms/{id:guid}/end", "Y YF F NN N NNNN"),
        new("GET /v1/programmes/{id:guid}/code-batches", "Y YY F FF F FFFF") { Shows = cast => cast["code-batches"] },
        new("POST /v1/programmes/{id:guid}/code-batches", "Y YF F FF F FFFF") { Body = Cast.CodeBatch },
        new("GET /v1/code-batches/{id:guid}", "Y YY N NN N NNNN"),
        new("GET /v1/code-batches/{id:guid}/codes", "Y YF N NN N NNNN") { Shows = cast => cast["grantCode"], IsSecret = true },
        new("GET /v1/code-batches/{id:guid}/page", "Y YF N NN N NNNN") { IsSecret = true },
        new("POST /v1/code-batches/{id:guid}/end", "Y YF N NN N NNNN"),
        new("POST /v1/code-redemptions", "B BB B YY B BBBB")
        {
            Body = cast => new { organizationId = cast["organizations"], code = cast["grantCode"] },
        },
        new("POST /v1/offers/{id:guid}/add-capacity", "Y FF Y FF F FFFF") { Body = _ => new { gpuHours = 1 } },
        new("POST /v1/offers/{id:guid}/withdraw-capacity", "Y FF Y FF F FFFF") { Body = _ => new { gpuHours = 1 } },
        new("POST /v1/offers/{id:guid}/tranches", "Y FF Y FF F FFFF") { Body = cast => new { gpus = 1, endsAt = Cast.Tomorrow(cast) } },
        new("POST /v1/offers/{id:guid}/tranches/{number:int}/withdraw", "Y FF Y FF F FFFF")
        {
            Path = cast => cast.TrancheAsync(),
            Body = _ => new { gpus = 1 },
        },
        new("GET /v1/quota-policies", "Y YY Y YY Y YYYY") { Shows = cast => cast["quota-policies"] },
        new("POST /v1/quota-policies", "Y YF F FF F FFFF")
        {
            Body = cast => new
            {
                programmeId = cast["programmes"],
                name = "More rules",
                document = Document,
            },
        },
        new("POST /v1/quota-policies/validate", "Y YY Y YY Y YYYY") { Body = _ => new { document = Document } },
        new("GET /v1/quota-policies/{id:guid}", "Y YY Y YY Y YYYY"),
        new("PUT /v1/quota-policies/{id:guid}/draft", "Y YF F FF F FFFF") { Body = _ => new { document = Document } },
        new("POST /v1/quota-policies/{id:guid}/publish", "Y YF F FF F FFFF"),
        new("POST /v1/quota-policies/{id:guid}/retire", "Y YF F FF F FFFF"),
        new("GET /v1/quota-policies/{id:guid}/versions/{number:int}/export", "Y YY Y YY Y YYYY"),
        new("GET /v1/quota-policies/{id:guid}/diff", "Y YY Y YY Y YYYY") { Query = _ => "?from=1&to=1" },
        new("POST /v1/quota-policies/{id:guid}/simulate", "Y YF F FF F FFFF") { Body = Cast.Simulation },
        new("GET /v1/quota-simulations", "Y YE E EE E EEEE") { Shows = cast => cast["quota-simulations"] },
        new("GET /v1/quota-simulations/{id:guid}", "Y YN N NN N NNNN"),
        new("GET /v1/quota-simulations/{id:guid}/result", "Y YN N NN N NNNN") { Query = _ => "?format=json" },
        new("DELETE /v1/quota-simulations/{id:guid}", "Y YN N NN N NNNN")
        {
            Path = async cast => $"/v1/quota-simulations/{await cast.SimulationAsync()}",
        },
        new("GET /v1/quota-overrides", "Y YY E EE E EEEE") { Shows = cast => cast["quota-overrides"] },
        new("POST /v1/quota-overrides", "Y YY F FF F FFFF") { Body = Cast.Override },
        new("POST /v1/quota-overrides/{id:guid}/end", "Y YY N NN N NNNN"),
        new("GET /v1/change-proposals", "Y YY E EE E EEEE") { Shows = cast => cast["change-proposals"] },
        new("GET /v1/change-proposals/{id:guid}", "Y YY N NN N NNNN"),
        new("POST /v1/change-proposals/{id:guid}/approve", "Y YY N NN N NNNN"),
        new("POST /v1/change-proposals/{id:guid}/reject", "Y YY N NN N NNNN") { Body = _ => new { reason = "Too much" } },
        new("GET /v1/quota-increases", "Y YY E YY E EEEE") { Shows = cast => cast["quota-increases"] },
        new("POST /v1/quota-increases", "B BB B YY B BBBB") { Body = cast => Cast.Increase(cast, 31) },
        new("GET /v1/quota-increases/{id:guid}", "Y YY N YY N NNNN"),
        new("GET /v1/quota-increases/{id:guid}/decisions", "Y YY N YY N NNNN"),
        new("POST /v1/quota-increases/{id:guid}/approve", "Y YY N FF N NNNN"),
        new("POST /v1/quota-increases/{id:guid}/deny", "Y YY N FF N NNNN") { Body = _ => new { reason = "Too much" } },
        new("POST /v1/quota-increases/{id:guid}/withdraw", "F FF N YY N NNNN"),
        new("GET /v1/requests", "Y YY E YY E EEEE") { Shows = cast => cast["requests"] },
        new("POST /v1/requests", "B BB B YY B BBBB")
        {
            Body = cast => new
            {
                organizationId = cast["organizations"],
                programmeId = cast["programmes"],
                gpuHours = 0.01,
                purpose = "Try",
            },
        },
        new("GET /v1/requests/{id:guid}", "Y YY N YY N NNNN"),
        new("GET /v1/requests/{id:guid}/decisions", "Y YY N YY N NNNN"),
        new("GET /v1/decisions/{id:guid}/replay", "Y YY N FF N NNNN"),
        new("GET /v1/reviews", "Y YY E EE E EEEE") { Shows = cast => cast["requests"] },
        // Each verdict is refused on its own: for its version where the caller may decide, as unknown or forbidden elsewhere.
        new("POST /v1/reviews/verdicts", "Y YY E EE E EEEE")
        {
            Body = cast => new
            {
                verdicts = new[]
                {
                    new
                    {
                        requestId = cast["requests"],
                        version = 999,
                        verdict = "approve",
                    },
                },
            },
            Shows = _ => "\"stale\"",
        },
        new("POST /v1/requests/{id:guid}/amend", "F FF N YY N NNNN") { Body = _ => new { gpuHours = 41 } },
        new("POST /v1/requests/{id:guid}/approve", "Y YY N FF N NNNN"),
        new("POST /v1/requests/{id:guid}/deny", "Y YY N FF N NNNN") { Body = _ => new { reason = "Too much" } },
        new("POST /v1/requests/{id:guid}/accept-counter-offer", "F FF N YY N NNNN"),
        new("POST /v1/requests/{id:guid}/withdraw", "F FF N YY N NNNN"),
        new("GET /v1/grants", "Y YY Y YY E EEEE") { Shows = cast => cast["grants"] },
        new("GET /v1/grants/{id:guid}", "Y YY Y YY N NNNN"),
        new("GET /v1/grants/{id:guid}/usage-records", "Y YY Y YY N NNNN"),
        new("GET /v1/grants/{id:guid}/usage-records/{recordId:guid}", "Y YY Y YY N NNNN"),
        new("POST /v1/grants/{id:guid}/usage-records/{recordId:guid}/replace", "Y FF Y FF N NNNN")
        {
            Body = cast => new
            {
                gpus = 0.001m,
                startedAt = cast.World.Now.AddMinutes(-4),
                endedAt = cast.World.Now.AddMinutes(-3),
                reason = "Metered again",
            },
        },
        new("POST /v1/grants/{id:guid}/usage-records/{recordId:guid}/void", "Y FF Y FF N NNNN")
        {
            Body = _ => new { reason = "Reported for another grant" },
            Path = async cast => $"/v1/grants/{cast["grants"]}/usage-records/{await cast.UsageRecordAsync()}/void",
        },
        new("GET /v1/offers/{id:guid}/outages", "Y YY Y YY Y YYYY") { Shows = cast => cast["outages"] },
        new("POST /v1/offers/{id:guid}/outages", "Y YF Y FF F FFFF") { Body = Cast.Outage },
        new("POST /v1/grants/{id:guid}/usage-records/{recordId:guid}/dispute", "F FF F YY N NNNN")
        {
            Body = _ => new { reason = "We did not run then" },
            Path = async cast => $"/v1/grants/{cast["grants"]}/usage-records/{await cast.UsageRecordAsync()}/dispute",
        },
        new("GET /v1/usage-disputes", "Y YY Y YY E EEEE") { Shows = cast => cast["usage-disputes"] },
        new("GET /v1/usage-disputes/{id:guid}", "Y YY Y YY N NNNN"),
        new("POST /v1/usage-disputes/{id:guid}/reject", "Y YF F FF N NNNN") { Body = _ => new { reason = "The logs show it" } },
        new("POST /v1/usage-disputes/{id:guid}/uphold", "Y YF F FF N NNNN") { Body = _ => new { reason = "The logs show it" } },
        new("POST /v1/usage-disputes/{id:guid}/withdraw", "F FF F YY N NNNN"),
        new("POST /v1/usage-records", "Y EE Y EE E EEEE")
        {
            Body = cast => new { records = new[] { Usage(cast) } },
            Shows = _ => "\"recorded\"",
        },
        new("GET /v1/accounts", "Y YY Y YY E EEEE") { Shows = cast => cast["accounts"] },
        new("GET /v1/accounts/{id:guid}", "Y YY Y YY N NNNN"),
        new("GET /v1/accounts/{id:guid}/statement", "Y YY Y YY N NNNN"),
        new("GET /v1/accounts/{id:guid}/transfers", "Y YY Y YY N NNNN"),
        new("GET /v1/transfers/export", "Y YY Y YY E EEEE") { Query = _ => "", Shows = cast => cast["transfers"] },
        new("GET /v1/transfers/{id:guid}", "Y YY Y YY N NNNN"),
        new("GET /v1/transfer-proposals", "Y YE E EE E EEEE") { Shows = cast => cast["transfer-proposals"] },
        new("POST /v1/transfer-proposals", "Y YF F FF F FFFF")
        {
            Body = cast => new
            {
                kind = "write-off",
                programmeId = cast["programmes"],
                credits = 1,
                reason = "Lost",
            },
        },
        new("GET /v1/transfer-proposals/{id:guid}", "Y YN N NN N NNNN"),
        new("POST /v1/transfer-proposals/{id:guid}/approve", "Y FN N NN N NNNN"),
        new("POST /v1/transfer-proposals/{id:guid}/reject", "Y FN N NN N NNNN") { Body = _ => new { reason = "Too much" } },
        new("GET /v1/events", "Y YY E YY E EEEE")
        {
            Query = cast => $"?resource={cast["requests"]}&limit=100",
            Shows = cast => cast["requests"],
        },
        new("GET /v1/events/export", "Y YY E YY E EEEE")
        {
            Query = cast => $"?resource={cast["requests"]}",
            Shows = cast => cast["requests"],
        },
        new("GET /v1/webhook-endpoints", "Y EE E YE E EEEE") { Shows = cast => cast["webhook-endpoints"] },
        new("POST /v1/webhook-endpoints", "Y BB B YB B BBBB") { Body = Cast.Webhook },
        new("GET /v1/webhook-endpoints/{id:guid}", "Y NN N YN N NNNN"),
        new("PATCH /v1/webhook-endpoints/{id:guid}", "Y NN N YN N NNNN") { Body = _ => new { description = "Changed" } },
        new("POST /v1/webhook-endpoints/{id:guid}/rotate-secret", "Y NN N YN N NNNN"),
        new("POST /v1/webhook-endpoints/{id:guid}/ping", "Y NN N YN N NNNN"),
        new("GET /v1/webhook-endpoints/{id:guid}/deliveries", "Y NN N YN N NNNN"),
        new("POST /v1/webhook-endpoints/{id:guid}/redeliver", "Y NN N YN N NNNN") { Body = cast => new { since = cast.World.Now } },
        new("DELETE /v1/webhook-endpoints/{id:guid}", "Y NN N YN N NNNN")
        {
            Path = async cast => $"/v1/webhook-endpoints/{await cast.NewWebhookAsync()}",
        },
        new("POST /v1/transfers", "Y YF F FF F FFFF") { Body = Transfers },
        new("POST /v1/grants/{id:guid}/token", "F FF F YY N NNNN"),
        new("GET /v1/grants/{id:guid}/grantee", "Y FF Y FF N NNNN"),
        new("GET /v1/providers/{id:guid}/revoked-grants", "Y FF Y FF F FFFF"),
        new("POST /v1/grants/{id:guid}/activate", "Y YF F YY N NNNN"),
        new("POST /v1/grants/{id:guid}/shrink", "F FF F YY N NNNN") { Body = _ => new { gpuHours = 0.01 } },
        new("POST /v1/grants/{id:guid}/transfer", "Y YF F YY N NNNN") { Body = cast => new { projectId = cast["projectId"] } },
        new("POST /v1/grants/{id:guid}/top-up", "F FF F YY N NNNN") { Body = _ => new { gpuHours = 0.01 } },
        new("POST /v1/grants/{id:guid}/extend", "F FF F YY N NNNN") { Body = cast => new { expiresAt = cast.World.Now.AddDays(40) } },
        new("POST /v1/grants/{id:guid}/renew", "F FF F YY N NNNN") { Body = _ => new { gpuHours = 0.01 } },
        new("POST /v1/offers/{id:guid}/move-grants", "Y YF F FF F FFFF")
        {
            Body = cast => new
            {
                offerId = cast["offers"],
                reason = "It withdraws",
                after = Guid.CreateVersion7(),
            },
        },
        new("POST /v1/grants/{id:guid}/move", "Y YF F FF N NNNN")
        {
            Body = cast => new { offerId = cast["offers"], reason = "It withdraws" },
        },
        new("POST /v1/grants/{id:guid}/suspend", "Y YF F FF N NNNN") { Body = _ => new { reason = "Looks misused" } },
        new("POST /v1/grants/{id:guid}/resume", "Y YF F FF N NNNN") { Body = _ => new { reason = "Explained" } },
        new("POST /v1/grants/{id:guid}/revoke", "Y YF F FF N NNNN") { Body = _ => new { reason = "Misused" } },
        new("POST /v1/grants/{id:guid}/settle", "Y FF Y FF N NNNN"),
        new("POST /v1/grants/{id:guid}/close", "F FF F YY N NNNN"),
        new("POST /v1/clients/{clientId}/rotate", "Y NN N YN N NNNN"),
        new("POST /v1/clients/{clientId}/revoke", "Y NN N YN N NNNN"),
        new("POST /v1/programmes/{id:guid}/end", "Y YF F FF F FFFF"),
        new("POST /v1/organizations/{id:guid}/close", "Y FF N YF N NNNN"),
    ];

    private static object Document => new { rules = new[] { Scenes.PerMonth("100") } };

    private static object Transfers(Cast cast) =>
        new
        {
            rootProgrammeId = cast["programmes"],
            transfers = new[]
            {
                new
                {
                    id = Guid.CreateVersion7(cast.World.Now),
                    kind = "posted",
                    debitAccountId = AccountIds.Of(AccountKind.Budget, LedgerUnit.Credit, Guid.Parse(cast["programmes"])),
                    creditAccountId = AccountIds.Of(AccountKind.Breakage, LedgerUnit.Credit, Guid.Parse(cast["programmes"])),
                    amount = 1,
                    reason = "tidy",
                },
            },
        };

    private static object Usage(Cast cast) =>
        new
        {
            id = Guid.NewGuid(),
            grantId = cast["grants"],
            gpus = 0.001m,
            startedAt = cast.World.Now.AddMinutes(-2),
            endedAt = cast.World.Now.AddMinutes(-1),
        };
}
