using System.Text.Json;
using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Access.Proposals;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Programmes;
using GpuGrants.Api.Quotas.Overrides;
using GpuGrants.Api.Quotas.Policies;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Quotas.Proposals;

/// <summary>Another person's approval of a proposed change.</summary>
public sealed record ApproveChangeBody
{
    /// <summary>What to say to it, if anything, for the audit trail.</summary>
    public string? Comment { get; init; }
}

/// <summary>Another person's refusal of a proposed change.</summary>
public sealed record RejectChangeBody
{
    /// <summary>Why not, for the audit trail.</summary>
    public string? Reason { get; init; }
}

/// <summary>Changes that several people have to agree to, with their audit trail.</summary>
public static class ChangeProposalEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/change-proposals", ListAsync)
            .RequireScope(Scopes.Review)
            .Says(
                "listChangeProposals",
                "List change proposals",
                "Overrides, policies and roles that several people have to agree to, newest first. Reviewers see those of their programmes."
            )
            .Lists<ChangeProposalView>("programmeId", "kind", "status");
        v1.MapGet("/change-proposals/{id:guid}", GetAsync)
            .RequireScope(Scopes.Review)
            .Says("getChangeProposal", "Read a change proposal", "What is to be done, who proposed it, and who has agreed.")
            .Answers<ChangeProposalView>()
            .Refuses(404);
        v1.MapPost("/change-proposals/{id:guid}/approve", ApproveAsync)
            .RequireScope(Scopes.Review)
            .Takes<ApproveChangeBody>()
            .Idempotent()
            .Conditional()
            .Says(
                "approveChangeProposal",
                "Approve a change proposal",
                "For whoever might have proposed it, and did not. The last approval that is needed makes the change."
            )
            .Answers<ChangeProposalView>();
        v1.MapPost("/change-proposals/{id:guid}/reject", RejectAsync)
            .RequireScope(Scopes.Review)
            .Takes<RejectChangeBody>()
            .Idempotent()
            .Conditional()
            .Says("rejectChangeProposal", "Reject a change proposal", "For whoever might have proposed it, and did not. Nothing changes.")
            .Answers<ChangeProposalView>();
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        var now = http.Now();
        var programme = http.IdFilter("programmeId");
        var kind = http.ChoiceFilter("kind", [.. ChangeKinds.All]);
        var status = http.ChoiceFilter("status", [.. ChangeStatus.All]);
        var rows = Visible(db, http.Caller())
            .Where(row =>
                (programme == null || row.ProgrammeId == programme)
                && (kind == null || row.Kind == kind)
                && (
                    status == null
                    || (status == ChangeStatus.Lapsed && row.Status == ChangeStatus.Proposed && row.ExpiresAt <= now)
                    || (row.Status == status && (status != ChangeStatus.Proposed || row.ExpiresAt > now))
                )
            );
        return TypedResults.Json(await http.PageAsync(rows, row => ChangeProposalView.Of(row, now)), ApiJson.Options);
    }

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        var view = ChangeProposalView.Of(row, http.Now());
        return http.FoundWhole(view, row.Version);
    }

    private static async Task<IResult> ApproveAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await DecidableAsync(http, db, id);
        var body = await http.BodyAsync(new ApproveValidator());
        return await DecideAsync(http, db, row, approves: true, body.Comment);
    }

    private static async Task<IResult> RejectAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await DecidableAsync(http, db, id);
        var body = await http.BodyAsync(new RejectValidator());
        return await DecideAsync(http, db, row, approves: false, body.Reason);
    }

    private static async Task<IResult> DecideAsync(
        HttpContext http,
        GpuGrantsContext db,
        ChangeProposal row,
        bool approves,
        string? comment
    )
    {
        var change = await ChangeAsync(http, db, row);
        var policy = approves && row.Kind == ChangeKinds.Policy ? await PolicyEndpoints.FindAsync(http, db, row.PolicyId!.Value) : null;
        using var prepared = policy is null
            ? null
            : await PolicyHistory.PrepareAsync(http, db, policy, await ZoneAsync(http, db, row), Read<PolicyChange>(row).Document);
        var result = await Newcomer.OnceAsync(() =>
            http.RunAsync(
                new DecideChange
                {
                    Tree = TreeId.Of(row.RootProgrammeId),
                    BeginsToCount = prepared?.Signatures ?? [],
                    RunsAlone = row.RootProgrammeId == TreeId.Platform.Value && row.Kind != ChangeKinds.Role,
                    Actor = http.Actor(),
                    ProposalId = row.Id,
                    Change = change,
                    Approves = approves,
                    Comment = comment,
                    ExpectedVersion = http.IfMatch(),
                    Decider = http.Decider(),
                },
                made => Answer.Ok(View(made), made.Proposal.Version),
                made => Answer.Ok(View(made).WithoutSecret(), made.Proposal.Version)
            )
        );
        if (prepared is not null)
            await PolicyHistory.CountAsync(http, policy!);
        return result;

        static ChangeProposalView View(ChangeDecided made) => ChangeProposalView.Of(made.Proposal, made.At) with { Member = made.Member };
    }

    private static async Task<IProposedChange> ChangeAsync(HttpContext http, GpuGrantsContext db, ChangeProposal row)
    {
        var tree = TreeId.Of(row.RootProgrammeId);
        switch (row.Kind)
        {
            case ChangeKinds.Override:
                return new ProposedOverride(tree, Read<OverrideBody>(row));
            case ChangeKinds.OverrideEnd:
                var ended = Read<EndedOverride>(row).OverrideId;
                return new ProposedOverrideEnd(
                    tree,
                    await db.Set<QuotaOverrideRow>().AsNoTracking().FirstAsync(one => one.Id == ended, http.RequestAborted)
                );
            case ChangeKinds.Role:
                var role = Read<RoleChange>(row);
                var name =
                    role.Name ?? (await Memberships.NamesAsync(db, [role.PrincipalId!.Value], http.RequestAborted))[role.PrincipalId.Value];
                var held = await db.Set<RoleAssignment>()
                    .Where(one => one.PrincipalId == role.PrincipalId && one.Role == role.Role && one.ResourceId == role.ResourceId)
                    .Select(one => one.Id)
                    .ToListAsync(http.RequestAborted);
                return new ProposedRole(role, name, await Memberships.WideClientsAsync(http, db, role.PrincipalId), held);
            default:
                var policy = await PolicyEndpoints.FindAsync(http, db, row.PolicyId!.Value);
                return new ProposedPolicy(
                    await PolicyRows.ReadAsync(http, db, policy),
                    await ZoneAsync(http, db, row),
                    Read<PolicyChange>(row)
                );
        }
    }

    private static async Task<string> ZoneAsync(HttpContext http, GpuGrantsContext db, ChangeProposal row) =>
        row.ProgrammeId is { } id ? (await ProgrammeEndpoints.FindAsync(http, db, id)).TimeZone : QuotaConfigReader.PlatformTimeZone;

    private static TChange Read<TChange>(ChangeProposal row) => JsonSerializer.Deserialize<TChange>(row.Change, ApiJson.Options)!;

    /// <summary>The proposal, if the caller might have proposed it.</summary>
    private static async Task<ChangeProposal> DecidableAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        var caller = http.Caller();
        var path = row.ProgrammeId is { } programme ? (await ProgrammeEndpoints.FindAsync(http, db, programme)).Path : [];
        var isOverride = row.Kind is ChangeKinds.Override or ChangeKinds.OverrideEnd;
        if (!(isOverride ? caller.Reviews(path) : caller.Administers(path)))
            throw Problem.Forbidden("Only those who might propose the change decide on it.");
        return row.ApproverRoles.Length == 0 || caller.IsPlatformAdministrator || row.ApproverRoles.Intersect(caller.RolesOn(path)).Any()
            ? row
            : throw Problem.Forbidden($"The rule asks for the approval of: {string.Join(", ", row.ApproverRoles)}.");
    }

    private static IQueryable<ChangeProposal> Visible(GpuGrantsContext db, Caller caller)
    {
        if (caller.IsPlatformAdministrator)
            return db.Set<ChangeProposal>();
        var mine = caller.ReviewedProgrammes;
        return db.Set<ChangeProposal>()
            .Where(row =>
                mine.Length > 0
                && db.Set<Programme>().Any(programme => programme.Id == row.ProgrammeId && programme.Path.Any(id => mine.Contains(id)))
            );
    }

    private static async Task<ChangeProposal> FindAsync(HttpContext http, GpuGrantsContext db, Guid id) =>
        await Visible(db, http.Caller()).AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, http.RequestAborted)
        ?? throw Problem.NotFound();

    private sealed class ApproveValidator : AbstractValidator<ApproveChangeBody>
    {
        public ApproveValidator() => RuleFor(body => body.Comment).Text(4_000, required: false);
    }

    private sealed class RejectValidator : AbstractValidator<RejectChangeBody>
    {
        public RejectValidator() => RuleFor(body => body.Reason).Text(2_000);
    }
}
