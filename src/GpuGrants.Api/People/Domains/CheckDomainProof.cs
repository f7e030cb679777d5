using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Organizations;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.People.Domains;

/// <summary>
/// Makes a verification of level <c>domain</c> when the record was there, or the code is right. A wrong code counts, as in
/// <see cref="ConfirmSignUp"/>.
/// </summary>
internal sealed class CheckDomainProof : Command<Verification>
{
    public required Guid ProofId { get; init; }

    public required Guid OrganizationId { get; init; }

    /// <summary>As it was typed; null where a record is looked for.</summary>
    public required string? Code { get; init; }

    /// <summary>Whether the record was there.</summary>
    public required bool IsFound { get; init; }

    /// <summary>How long the domain counts.</summary>
    public required TimeSpan Lifetime { get; init; }

    public required Proofs Proofs { get; init; }

    public required VerificationBook Book { get; init; }

    public override void PlanAhead(BatchState batch)
    {
        batch.Rows<DomainProof>().Want(new RowKey(ProofId));
        batch.Rows<Organization>().Want(new RowKey(OrganizationId));
        Book.Plan(batch);
    }

    public override void Plan(BatchState batch) => PlanAhead(batch);

    public override Outcome<Verification> Decide(BatchState batch)
    {
        var at = batch.Tree(Tree).At;
        if (batch.Rows<DomainProof>().Find(new RowKey(ProofId)) is not { } proof || proof.OrganizationId != OrganizationId)
            return Refusal.NotFound;
        var row = batch.Rows<Organization>().Find(new RowKey(OrganizationId))!;
        return (Refuse(batch, proof, row, at) ?? RefuseShown(batch, proof)) is { } refused ? refused : Prove(batch, proof, row, at);
    }

    private Refusal? Refuse(BatchState batch, DomainProof proof, Organization row, DateTimeOffset at)
    {
        if (Book.Refuse(row) is { } refused)
            return refused;
        if (Book.InForce(batch, at) is { Level: "identity" })
            return Refusal.Conflict(
                "verified-by-identity",
                "The organization is verified by identity, which is more. A domain counts for a limited time "
                    + "and would end that verification "
                    + "with it. Ask an administrator of the platform to add the domain."
            );
        return proof.StatusAt(at) switch
        {
            DomainProofStatus.Proved => Refusal.Conflict("code-used", "The domain was proved by this already."),
            DomainProofStatus.Expired => Refusal.Conflict("code-expired", "The proof has expired. Start another one."),
            DomainProofStatus.Locked => MailedCode.Locked("Start another proof."),
            _ => null,
        };
    }

    private Refusal? RefuseShown(BatchState batch, DomainProof proof)
    {
        if (proof.Method == DomainProof.Dns)
            return IsFound
                ? null
                : Refusal.Conflict(
                    "dns-record-missing",
                    $"{proof.RecordName} has no such TXT record yet. It may take its time to live until name servers show it. Check again."
                );
        if (Code is null)
            return Refusal.Invalid("code", "State the eight digits of the code that was mailed.");
        return Proofs.Proves(proof.Id, proof.CodeHash!, Code) ? null : MailedCode.CountWrong(batch, proof, "code");
    }

    private Verification Prove(BatchState batch, DomainProof proof, Organization row, DateTimeOffset at)
    {
        var made = Verify(batch, proof, at);
        Book.Begin(batch, Actor, row, made);
        (proof.ProvedAt, proof.VerificationId) = (at, made.Id);
        batch.Rows<DomainProof>().Update(proof);
        OrganizationChange.Record(batch, Actor, row, OrganizationEvents.Updated);
        return made;
    }

    /// <summary>Other domains that the organization proved stay proved, and no longer than they were.</summary>
    private Verification Verify(BatchState batch, DomainProof proof, DateTimeOffset at)
    {
        var earlier = Book.InForce(batch, at);
        string[] others = [.. (earlier?.EmailDomains ?? []).Where(domain => domain != proof.Domain)];
        var end = at + Lifetime;
        return new Verification
        {
            Id = Guid.CreateVersion7(at),
            OrganizationId = OrganizationId,
            Level = "domain",
            Fields = [.. Verification.AllFields],
            EmailDomains = [proof.Domain, .. others],
            Evidence = others.Length == 0 ? Evidence(proof) : Shortened($"{Evidence(proof)} Before: {earlier!.Evidence}"),
            AuthorId = Actor.Service.PrincipalId,
            ClientId = Actor.Service.ClientId,
            CreatedAt = at,
            EndsAt = others.Length > 0 && earlier!.EndsAt < end ? earlier.EndsAt : end,
        };
    }

    private static string Evidence(DomainProof proof) =>
        proof.Method == DomainProof.Dns
            ? $"The TXT record {proof.RecordName} had the value of domain proof {proof.Id}."
            : $"A code mailed to an address at {proof.Domain} confirmed domain proof {proof.Id}.";

    private static string Shortened(string text) => text.Length <= Verification.MaxEvidence ? text : text[..Verification.MaxEvidence];
}
