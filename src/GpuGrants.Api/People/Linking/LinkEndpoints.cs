using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Access.Tokens;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.People.Linking;

/// <summary>People link subjects of trusted issuers to themselves.</summary>
public static class LinkEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/me/identities", ListAsync)
            .RequireScope(Scopes.Read)
            .Says("listLinkedIdentities", "List your linked identities", "Subjects of trusted issuers that are, or were, linked to you.")
            .ListsByTime<LinkedIdentityView>();
        v1.MapPost("/me/identities", LinkAsync)
            .RequireScope(Scopes.Clients)
            .Takes<IssuerTokenBody>()
            .Idempotent()
            .Says(
                "linkIdentity",
                "Link an identity",
                "For people who signed up, with a token of a trusted issuer. The issuer's tokens for the "
                    + "subject then call as you, with your roles, "
                    + "limits and suspensions, and never with more scopes than the token that links them. A client that ends links "
                    + "nothing. The answer tells nothing of whose another subject is."
            )
            .Answers<LinkedIdentityView>(201)
            .Refuses(409);
        v1.MapDelete("/me/identities/{id:guid}", UnlinkAsync)
            .RequireScope(Scopes.Clients)
            .Says(
                "unlinkIdentity",
                "Unlink an identity",
                "Its tokens stop at once. Your address remains. The subject stays yours: nobody else links it."
            )
            .AnswersEmpty()
            .Refuses(404, 409);
    }

    /// <summary>Whom the token names.</summary>
    /// <exception cref="ProblemException">It is no valid token of a trusted issuer.</exception>
    internal static async Task<IssuedIdentity> ReadAsync(HttpContext http)
    {
        var body = await http.BodyAsync(new IssuerTokenValidator());
        return await http.RequestServices.GetRequiredService<IssuerTokens>().ReadAsync(body.Token!, http.RequestAborted)
            ?? throw Problem.Invalid("token", "State a valid token that an issuer which this service trusts has made for it.");
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        var person = http.Caller().OwnPerson;
        return TypedResults.Json(
            await http.PageAsync(db.Set<LinkedIdentity>().Where(row => row.PersonId == person), LinkedIdentityView.Of),
            ApiJson.Options
        );
    }

    private static async Task<IResult> LinkAsync(HttpContext http, GpuGrantsContext db, IdentityKey key)
    {
        var person = await MeEndpoints.PersonAsync(http, db);
        var issued = await ReadAsync(http);
        await ClientEndpoints.DemandLastingAsync(http, db);
        return await http.RunAsync(
            new LinkIdentity
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                PersonId = person.Id,
                Hash = LinkedIdentity.HashOf(key, issued.Issuer.Address, issued.Subject),
                Issuer = issued.Issuer.Address,
                Subject = issued.Subject,
                Scopes = [.. http.Caller().Scopes],
                Most = http.RequestServices.GetRequiredService<IOptions<HoldingOptions>>().Value.IdentitiesPerPerson,
            },
            row => Answer.Created(null, LinkedIdentityView.Of(row))
        );
    }

    private static async Task<IResult> UnlinkAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var person = await MeEndpoints.PersonAsync(http, db);
        var hash =
            await db.Set<LinkedIdentity>()
                .Where(row => row.Id == id && row.PersonId == person.Id && row.Until == null)
                .Select(row => row.Hash)
                .FirstOrDefaultAsync(http.RequestAborted)
            ?? throw Problem.NotFound();
        return await http.RunAsync(
            new Change<Guid>
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                Planning = batch =>
                {
                    batch.Rows<LinkedIdentity>().Want(RowKey.Of(hash));
                    batch.Rows<Principal>().Want(new RowKey(person.Id));
                },
                Deciding = batch =>
                {
                    if (batch.Rows<LinkedIdentity>().Find(RowKey.Of(hash)) is not { Until: null } row)
                        return Refusal.NotFound;
                    row.Unlink(batch, http.Actor());
                    return id;
                },
            },
            _ => Answer.NoContent()
        );
    }
}
