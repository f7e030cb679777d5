using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Tokens;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Organizations;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.People.Linking;

/// <summary>A trusted issuer shows who an owner is, and so who an organization of one is.</summary>
public static class IdentityProofEndpoints
{
    public static void Map(RouteGroupBuilder v1) =>
        v1.MapPost("/organizations/{id:guid}/identity-proofs", ProveAsync)
            .RequireScope(Scopes.Request)
            .Takes<IssuerTokenBody>()
            .Idempotent()
            .Says(
                "proveIdentity",
                "Prove identity by an issuer",
                "For owners, with a token of a trusted issuer for their own subject, whose claim shows who they "
                    + "are. The organization is verified by "
                    + "identity, with issuer and claim as evidence, until its name, its country or this owner changes."
            )
            .Answers<VerificationView>(201)
            .Refuses(404, 409);

    private static async Task<IResult> ProveAsync(HttpContext http, GpuGrantsContext db, IdentityKey key, Guid id)
    {
        await OrganizationEndpoints.OwnedAsync(http, db, id, "Only the organization's owners prove who they are for it.", onlyOwners: true);
        var issued = await LinkEndpoints.ReadAsync(http);
        if (await http.EarlierAnswerAsync() is { } earlier)
            return new AnswerResult(earlier);
        if (!await IsOfAsync(db, key, issued, http.Actor().Person, http.RequestAborted))
            throw new ProblemException(
                Problem.Document(
                    409,
                    "identity-not-linked",
                    "The token's subject is not linked to you. Link it first: POST /v1/me/identities.",
                    "token"
                )
            );
        if (issued.Assurance is not { } assurance)
            throw new ProblemException(
                Problem.Document(
                    409,
                    "identity-not-assured",
                    $"{issued.Issuer.Address} does not show who you are. Have it verify you first.",
                    "token"
                )
            );
        var book = await VerificationBook.ReadAsync(db, id, http.RequestAborted);
        return await http.RunAsync(
            new Change<Verification>
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                Planning = batch =>
                {
                    batch.Rows<Organization>().Want(new RowKey(id));
                    book.Plan(batch);
                },
                Deciding = batch => Prove(batch, http.Actor(), book, batch.Rows<Organization>().Find(new RowKey(id))!, issued, assurance),
            },
            made => Answer.Created(null, VerificationView.Of(made))
        );
    }

    private static Outcome<Verification> Prove(
        BatchState batch,
        Actor actor,
        VerificationBook book,
        Organization row,
        IssuedIdentity issued,
        string assurance
    )
    {
        var at = batch.Tree(TreeId.Platform).At;
        if (book.Refuse(row) is { } refused)
            return refused;
        if (!issued.Issuer.Kinds.Contains(row.Kind))
            return Refusal.Conflict(
                "identity-of-person",
                $"{issued.Issuer.Address} shows who a person is, and verifies only: {string.Join(", ", issued.Issuer.Kinds)}. "
                    + "Ask an administrator of the platform to verify the organization."
            );
        var current = book.InForce(batch, at);
        if (current is { Level: "identity", PersonId: null })
            return Refusal.Conflict("verified-by-identity", "An administrator has verified the organization by identity already.");
        var made = New(row.Id, actor, issued, assurance, at);
        if (current is { EmailDomains.Length: > 0 })
            (made.EmailDomains, made.EndsAt) = (current.EmailDomains, current.EndsAt < made.EndsAt ? current.EndsAt : made.EndsAt);
        book.Begin(batch, actor, row, made);
        OrganizationChange.Record(batch, actor, row, OrganizationEvents.Updated);
        return made;
    }

    private static Verification New(Guid organization, Actor actor, IssuedIdentity issued, string assurance, DateTimeOffset at) =>
        new()
        {
            Id = Guid.CreateVersion7(at),
            OrganizationId = organization,
            Level = "identity",
            Fields = [.. Verification.AllFields],
            Evidence = $"{issued.Issuer.Address} says of an owner: {issued.Issuer.IdentityClaim} is {assurance}.",
            AuthorId = Actor.Service.PrincipalId,
            ClientId = Actor.Service.ClientId,
            CreatedAt = at,
            EndsAt = at + TimeSpan.FromDays(issued.Issuer.IdentityDays),
            PersonId = actor.Person,
        };

    private static async Task<bool> IsOfAsync(
        GpuGrantsContext db,
        IdentityKey key,
        IssuedIdentity issued,
        Guid person,
        CancellationToken cancellation
    )
    {
        var hash = LinkedIdentity.HashOf(key, issued.Issuer.Address, issued.Subject);
        return await db.Set<LinkedIdentity>().AnyAsync(row => row.Hash == hash && row.PersonId == person && row.Until == null, cancellation)
            || await db.Set<Principal>()
                .AnyAsync(
                    row => row.ExternalIssuer == issued.Issuer.Address && row.ExternalSubject == issued.Subject && row.PersonId == person,
                    cancellation
                );
    }
}
