using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace GpuGrants.Api.Contract;

/// <summary>The groups in which the page shows the operations, by the resource that they are about.</summary>
internal sealed class Groups : IDocumentFilter
{
    private static readonly Group[] All =
    [
        new("Requests", "Ask for GPU time, change what was asked, and read why it was decided so.", "requests", "decisions", "quotes"),
        new("Reviews", "Requests that wait for a person, and the verdict on each.", "reviews"),
        new("Grants", "GPU time that was awarded: what is used, what is left, and its end.", "grants"),
        new(
            "Usage",
            "Providers report the GPU time that was used under a grant, and organizations dispute it.",
            "usage-records",
            "usage-disputes"
        ),
        new("Programmes", "Pools of credits with their terms, budgets and members.", "programmes", "standing-terms"),
        new("Codes", "One-time codes for small grants: minting, printing and redeeming them.", "code-batches", "code-redemptions"),
        new("Offers", "What providers put up: GPU models, capacity, regions and rates.", "offers", "gpu-models"),
        new("Providers", "Who runs the GPUs, and their operators.", "providers"),
        new("Organizations", "Who gets GPU time: members, projects and what they may still get.", "organizations", "handovers"),
        new(
            "Quotas",
            "The rules that limit what is granted: policies and their versions, overrides, increases and simulations.",
            "quota-policies",
            "quota-overrides",
            "quota-increases",
            "quota-simulations",
            "change-proposals"
        ),
        new(
            "Ledger",
            "The double-entry ledger: accounts, statements and transfers, by the service and by hand.",
            "accounts",
            "transfers",
            "transfer-proposals"
        ),
        new("Events", "What happened, in order: page by page, as a stream, and as an audit log.", "events"),
        new("Webhooks", "Where to be told of events, what was sent there, and sending it again.", "webhook-endpoints"),
        new("Partners", "Portals that integrate with the service, and consents by which they act for others.", "partners", "consents"),
        new(
            "Sign-up",
            "Signing up without an administrator, the terms that people accept, and replacing a lost secret by a mailed code.",
            "sign-ups",
            "partner-sign-ups",
            "recoveries",
            "invitations",
            "confirmations",
            "terms"
        ),
        new(
            "Access",
            "Tokens, API clients, administrators, and who the caller is.",
            "me",
            "mails",
            "clients",
            "caller-addresses",
            "administrators",
            "principals",
            "freezes",
            "independence-waivers",
            "oauth",
            ".well-known"
        ),
        new("Service", "Whether the service is up, and this contract.", "health", "openapi"),
    ];

    /// <summary>The group of an operation.</summary>
    /// <param name="path">Its path, with or without a slash before it.</param>
    public static string Of(string path)
    {
        var parts = path.Trim('/').Split('/');
        var resource = parts[0] == ContractPage.Document ? parts[1] : parts[0];
        // Verdicts stand where reviewers look for them, although they are about a request.
        if (resource == "requests" && parts[^1] is "approve" or "deny")
            resource = "reviews";
        return All.FirstOrDefault(group => group.Resources.Contains(resource))?.Name
            ?? throw new InvalidOperationException($"The resource '{resource}' has no group; add it to Contract/Groups.cs.");
    }

    public void Apply(OpenApiDocument swaggerDoc, DocumentFilterContext context) =>
        swaggerDoc.Tags = All.Select(group => new OpenApiTag { Name = group.Name, Description = group.Description }).ToHashSet();

    private sealed record Group(string Name, string Description, params string[] Resources);
}
