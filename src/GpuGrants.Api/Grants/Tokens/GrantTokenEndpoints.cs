using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Json;
using GpuGrants.Api.Providers;
using GpuGrants.Api.Store;
using GpuGrants.People;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Grants.Tokens;

/// <summary>Tokens of grants, and what a provider needs to admit jobs by them.</summary>
internal static class GrantTokenEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/grants/{id:guid}/token", MakeAsync)
            .RequireScope(Scopes.Request)
            .AlsoThroughPartners()
            .Says(
                "makeGrantToken",
                "Get a grant token",
                "For members of the grant's organization. The provider lets its bearer use the grant, without calling this "
                    + "service. It lives for an hour, and never beyond the grant's end. Each call makes another one."
            )
            .Answers<GrantTokenView>()
            .Refuses(404, 409);
        v1.MapGet("/grants/{id:guid}/grantee", GranteeAsync)
            .RequireScope(Scopes.Provide)
            .Says(
                "getGrantee",
                "Read who holds a grant",
                "For operators of the grant's provider: the organization's name, and whom to write to. Nothing else of a grantee is theirs."
            )
            .Answers<GranteeView>()
            .Refuses(404);
        v1.MapGet("/providers/{id:guid}/revoked-grants", RevokedAsync)
            .RequireScope(Scopes.Provide)
            .Says(
                "listRevokedGrants",
                "List revoked grants",
                "For the provider's operators. Grants that are suspended or have ended while tokens of them may live: refuse these tokens. "
                    + "Cache it for half a minute, and ask again with If-None-Match."
            )
            .Answers<RevokedGrantsView>()
            .Refuses(404);
    }

    private static async Task<IResult> MakeAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await GrantEndpoints.FindAsync(http, db, id);
        if (!http.Caller().BelongsTo(row.OrganizationId))
            throw Problem.Forbidden("Only members of the grant's organization get tokens of it.");
        if (http.RequestServices.GetService<GrantTokens>() is not { } tokens)
            throw new ProblemException(
                Problem.Document(
                    409,
                    "no-grant-tokens",
                    "This service makes no tokens: an external issuer does, and has no keys for grants. Use the instructions of the grant."
                )
            );
        var (answer, outcome) = await http.SubmitAsync(
            new MakeGrantToken
            {
                Tree = TreeId.Of(row.RootProgrammeId),
                Actor = http.Actor(),
                GrantId = id,
            },
            // No key keeps a token.
            CommandExtensions.Answering<AllowedToken>(_ => null, keepsRefusals: false)
        );
        if (answer is not null || !outcome.TryGet(out var allowed, out _))
            return new AnswerResult(answer!);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Json(
            new GrantTokenView
            {
                Token = tokens.Sign(allowed),
                TokenType = GrantTokens.Type,
                Audience = row.ProviderId,
                ExpiresAt = allowed.ExpiresAt,
                KeysAt = tokens.KeysAt,
            },
            ApiJson.Options
        );
    }

    private static async Task<IResult> RevokedAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        await ProviderEndpoints.OperatedAsync(http, db, id);
        // Libraries accept a token for some minutes after its end, for clocks that differ.
        var now = http.Now() - GrantTokens.Leeway;
        var rows = await db.Set<GrantTokenRow>()
            .Where(token => token.ProviderId == id && token.ExpiresAt > now)
            .Join(
                db.Set<Grant>(),
                token => new { token.RootProgrammeId, token.GrantId },
                grant => new { grant.RootProgrammeId, GrantId = grant.Id },
                (token, grant) => new { token, grant }
            )
            .Join(
                db.Set<Organization>(),
                one => one.grant.OrganizationId,
                organization => organization.Id,
                (one, organization) =>
                    new
                    {
                        one.token,
                        one.grant,
                        organization,
                    }
            )
            .Where(one =>
                (one.grant.Status != GrantStatus.Active && one.grant.Status != GrantStatus.Scheduled)
                || one.organization.Status != OrganizationStatus.Active
            )
            .Select(one => new RevokedGrantView(
                one.grant.Id,
                // The grants of a suspended organization run on, and nobody may use them.
                one.grant.Status == GrantStatus.Active
                || one.grant.Status == GrantStatus.Scheduled
                    ? GrantStatus.Suspended
                    : one.grant.Status,
                one.grant.Status == GrantStatus.Active || one.grant.Status == GrantStatus.Scheduled
                    ? one.organization.UpdatedAt
                    : one.grant.EndedAt ?? one.grant.SuspendedAt ?? one.grant.UpdatedAt,
                one.token.ExpiresAt
            ))
            .ToListAsync(http.RequestAborted);
        http.Response.Headers.CacheControl = "private, max-age=30";
        var view = RevokedGrantsView.Of(rows);
        return http.Found(view, view.Version);
    }

    private static async Task<IResult> GranteeAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await GrantEndpoints.FindAsync(http, db, id);
        if (!http.Caller().Operates(row.ProviderId))
            throw Problem.Forbidden("Only operators of the grant's provider read whose it is.");
        var name = await db.Set<Organization>()
            .Where(one => one.Id == row.OrganizationId)
            .Select(one => one.Name)
            .FirstAsync(http.RequestAborted);
        return TypedResults.Json(
            new GranteeView
            {
                GrantId = id,
                Name = name,
                Contact = await ContactAsync(http, db, row),
            },
            ApiJson.Options
        );
    }

    /// <summary>
    /// Who asked, as long as they belong to the organization; else the first of its owners. A minor's name and address are shown to no
    /// provider.
    /// </summary>
    private static async Task<ContactView?> ContactAsync(HttpContext http, GpuGrantsContext db, Grant grant)
    {
        var asked = await db.Set<Request>()
            .Where(one => one.RootProgrammeId == grant.RootProgrammeId && one.Id == grant.RequestId)
            .Select(one => one.RequestedBy)
            .FirstAsync(http.RequestAborted);
        var people = await db.Set<RoleAssignment>()
            .Where(role => role.ResourceId == grant.OrganizationId)
            .Where(role => role.Role == Roles.OrganizationOwner || role.Role == Roles.OrganizationMember)
            .Join(db.Set<Principal>(), role => role.PrincipalId, one => one.Id, (role, one) => new { role, one.PersonId })
            .Join(
                db.Set<PersonRow>().Where(person => person.Status == PersonRow.Active),
                one => one.PersonId,
                person => person.Id,
                (one, person) =>
                    new
                    {
                        one.role.PrincipalId,
                        one.role.Role,
                        one.role.CreatedAt,
                        person,
                    }
            )
            .ToListAsync(http.RequestAborted);
        var now = http.Now();
        var contact = people
            .Where(one => one.PrincipalId == asked || one.Role == Roles.OrganizationOwner)
            .Where(one => one.person.Age.At(now) is AgeStanding.OfAge or AgeStanding.NotStated && one.person.Email is not null)
            .OrderBy(one => one.PrincipalId == asked ? 0 : 1)
            .ThenBy(one => one.CreatedAt)
            .FirstOrDefault();
        return contact is null ? null : new ContactView(contact.person.Name!, contact.person.Email!);
    }
}
