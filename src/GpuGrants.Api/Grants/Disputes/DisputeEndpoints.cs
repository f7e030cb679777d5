using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Ledger;
using GpuGrants.Api.Programmes;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Grants.Disputes;

/// <summary>Why usage is disputed, or why a dispute is decided so.</summary>
public sealed record DisputeBody
{
    /// <summary>Why, in words for the other side.</summary>
    public string? Reason { get; init; }
}

/// <summary>Disputes of usage records.</summary>
public static class DisputeEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/grants/{id:guid}/usage-records/{recordId:guid}/dispute", OpenAsync)
            .RequireScope(Scopes.Request)
            .AlsoThroughPartners()
            .Takes<DisputeBody>()
            .Idempotent()
            .Says(
                "disputeUsageRecord",
                "Dispute a usage record",
                "A member of the grant's organization says what is wrong, until Ledger:DisputeDays after the "
                    + "grant is settled. The record's "
                    + "credits are held until somebody decides, and the record stays as it is."
            )
            .Answers<UsageDisputeView>(201)
            .Refuses(404, 409);
        v1.MapGet("/usage-disputes", ListAsync)
            .RequireScope(Scopes.Read)
            .Says(
                "listUsageDisputes",
                "List disputes of usage",
                "Lists those of your organizations, of programmes that you review, and of providers that you operate."
            )
            .ListsByChange<UsageDisputeView>("grantId", "organizationId", "providerId", "status");
        v1.MapGet("/usage-disputes/{id:guid}", GetAsync)
            .RequireScope(Scopes.Read)
            .Says("getUsageDispute", "Read a dispute", "Shows what is held, and the decision with its reason.")
            .Answers<UsageDisputeView>()
            .Refuses(404);
        v1.MapPost("/usage-disputes/{id:guid}/uphold", (HttpContext http, GpuGrantsContext db, Guid id) => DecideAsync(http, db, id, true))
            .RequireScope(Scopes.Administer)
            .Takes<DisputeBody>()
            .Idempotent()
            .Conditional()
            .Says(
                "upholdUsageDispute",
                "Uphold a dispute",
                "An administrator of the programme that paid, independent of organization and provider, voids the record. Its credits go "
                    + "back to the grant, or to the budget once the grant is settled."
            )
            .Answers<UsageDisputeView>();
        v1.MapPost("/usage-disputes/{id:guid}/reject", (HttpContext http, GpuGrantsContext db, Guid id) => DecideAsync(http, db, id, false))
            .RequireScope(Scopes.Administer)
            .Takes<DisputeBody>()
            .Idempotent()
            .Conditional()
            .Says(
                "rejectUsageDispute",
                "Reject a dispute",
                "An administrator of the programme that paid, independent of organization and provider, lets "
                    + "the record stand. The provider "
                    + "has its credits again."
            )
            .Answers<UsageDisputeView>();
        v1.MapPost("/usage-disputes/{id:guid}/withdraw", WithdrawAsync)
            .RequireScope(Scopes.Request)
            .AlsoThroughPartners()
            .Idempotent()
            .Says("withdrawUsageDispute", "Withdraw a dispute", "A member of the organization lets the record stand.")
            .Answers<UsageDisputeView>()
            .Refuses(404, 409, 412);
    }

    private static async Task<IResult> OpenAsync(HttpContext http, GpuGrantsContext db, Guid id, Guid recordId)
    {
        var grant = await GrantEndpoints.FindAsync(http, db, id);
        if (!http.Caller().BelongsTo(grant.OrganizationId))
            throw Problem.Forbidden("Only members of the grant's organization dispute its usage.");
        var body = await http.BodyAsync(new Validator());
        return await http.RunAsync(
            new OpenDispute
            {
                Tree = TreeId.Of(grant.RootProgrammeId),
                Actor = http.Actor(),
                GrantId = id,
                ProviderId = grant.ProviderId,
                RecordId = recordId,
                Reason = body.Reason!,
                Window = http.RequestServices.GetRequiredService<IOptions<LedgerOptions>>().Value.DisputeWindow,
            },
            row => Answer.Created($"/v1/usage-disputes/{row.Id}", UsageDisputeView.Of(row), row.Version)
        );
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        var rows = Visible(http, db)
            .OnlyIds(http, "grantId", row => row.GrantId)
            .OnlyIds(http, "organizationId", row => row.OrganizationId)
            .OnlyIds(http, "providerId", row => row.ProviderId)
            .OnlyWords(http, "status", row => row.Status, [.. UsageDisputeStatus.All]);
        return TypedResults.Json(
            await http.PageAsync(rows, UsageDisputeView.Of, names: row => [row.OrganizationId, row.ProviderId]),
            ApiJson.Options
        );
    }

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        return http.Found(UsageDisputeView.Of(row), row.Version);
    }

    private static async Task<IResult> DecideAsync(HttpContext http, GpuGrantsContext db, Guid id, bool upholds)
    {
        var row = await FindAsync(http, db, id);
        await ProgrammeEndpoints.AdministeredAsync(http, db, row.BudgetProgrammeId);
        var body = await http.BodyAsync(new Validator());
        return await http.RunAsync(
            new EndDispute
            {
                Tree = TreeId.Of(row.RootProgrammeId),
                Actor = http.Actor(),
                Seen = row,
                EndsAs = upholds ? UsageDisputeStatus.Upheld : UsageDisputeStatus.Rejected,
                Reason = body.Reason,
                ExpectedVersion = http.IfMatch(),
                Decider = http.Decider(),
            },
            Render
        );
    }

    private static async Task<IResult> WithdrawAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        if (!http.Caller().BelongsTo(row.OrganizationId))
            throw Problem.Forbidden("Only members of the grant's organization withdraw a dispute.");
        return await http.RunAsync(
            new EndDispute
            {
                Tree = TreeId.Of(row.RootProgrammeId),
                Actor = http.Actor(),
                Seen = row,
                EndsAs = UsageDisputeStatus.Withdrawn,
                ExpectedVersion = http.IfMatch(required: false),
            },
            Render
        );
    }

    /// <summary>Whoever sees the grant sees its disputes.</summary>
    private static IQueryable<UsageDispute> Visible(HttpContext http, GpuGrantsContext db)
    {
        var grants = GrantEndpoints.Visible(db, http.Caller());
        return db.Set<UsageDispute>().Where(row => grants.Any(one => one.RootProgrammeId == row.RootProgrammeId && one.Id == row.GrantId));
    }

    private static async Task<UsageDispute> FindAsync(HttpContext http, GpuGrantsContext db, Guid id) =>
        await Visible(http, db).AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, http.RequestAborted) ?? throw Problem.NotFound();

    private static Answer Render(UsageDispute row) => Answer.Ok(UsageDisputeView.Of(row), row.Version);

    private sealed class Validator : AbstractValidator<DisputeBody>
    {
        public Validator() => RuleFor(body => body.Reason).Text(2_000);
    }
}
